package world

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/innovate-inc/genops/test/controlplane/internal/kubelet"
)

// hubImages are the programs of the bootstrap cluster. Their commands are those of the pods, except for ports and folders, and for how long
// Argo CD waits before it looks at Git again.
func (w *World) hubImages() []kubelet.Image {
	argocd := func(container string, set func(context.Context, *kubelet.Setting) error) kubelet.Image {
		return kubelet.Image{Repository: "argoproj/argocd", Container: container, Program: w.Programs.Path["argocd"], Set: set}
	}
	crossplane := func(container string, set func(context.Context, *kubelet.Setting) error) kubelet.Image {
		return kubelet.Image{Repository: "crossplane/crossplane", Container: container, Program: w.Programs.Path["crossplane"], Set: set}
	}
	return []kubelet.Image{
		{Repository: "library/redis", Program: w.Programs.Path["redis-server"], Set: w.setRedis},
		argocd("secret-init", byName),
		argocd("argocd-repo-server", w.setRepoServer),
		argocd("argocd-server", w.setServer),
		argocd("argocd-application-controller", w.setApplicationController),
		argocd("argocd-applicationset-controller", w.setApplicationSetController),
		crossplane("crossplane-init", w.setCrossplaneInit),
		crossplane("crossplane", setCrossplane),
		{Repository: "innovate-inc/genops-function", Program: w.Programs.Path["genops"], Set: w.setFunction},
	}
}

// byName makes the program look at the name that it was called by: Argo CD is one program under many names.
func byName(_ context.Context, s *kubelet.Setting) error {
	s.Command.Argv0, s.Command.Args = filepath.Base(s.Command.Args[0]), s.Command.Args[1:]
	return nil
}

func (w *World) setRedis(_ context.Context, s *kubelet.Setting) error {
	s.Fix(redisPort, w.redis)
	s.Command.Args = append(s.Command.Args, "--bind", "127.0.0.1", "--port", strconv.Itoa(w.redis))
	s.ReadyOn(w.redis)
	return nil
}

// Ports inside containers.
const (
	redisPort      = 6379
	repoServerPort = 8081
	functionPort   = 9443
)

// argocd is what the programs of Argo CD have in common.
func (w *World) argocd(s *kubelet.Setting) {
	_ = byName(context.Background(), s)
	s.Env("REDIS_SERVER", "127.0.0.1:"+strconv.Itoa(w.redis))
	s.Env("ARGOCD_FAKE_IN_CLUSTER", "true") // https://kubernetes.default.svc is then what KUBECONFIG says.
	s.Env("ARGOCD_GPG_ENABLED", "false")
	s.Env("ARGOCD_TLS_DATA_PATH", s.Mount("/app/config/tls"))
	s.Env("ARGOCD_SSH_DATA_PATH", s.Mount("/app/config/ssh"))
	s.Env("ARGOCD_GNUPGHOME", s.Mount("/app/config/gpg/keys"))
	s.Env("ARGOCD_PLUGINSOCKFILEPATH", s.Mount("/home/argocd/cmp-server/plugins"))
	s.Env("ARGOCD_APP_CONF_PATH", s.Mount("/app/config"))
	s.Env("TMPDIR", s.Mount("/tmp"))
	s.Env("HOSTNAME", s.Pod.Name)
}

func (w *World) setRepoServer(_ context.Context, s *kubelet.Setting) error {
	w.argocd(s)
	s.Fix(repoServerPort, w.repoServer)
	metrics, err := s.Port(8084) //nolint:mnd // As in the manifest.
	if err != nil {
		return err
	}
	s.Env("SSL_CERT_FILE", w.registryCA)
	s.Command.Args = append(s.Command.Args, "--address", "127.0.0.1", "--port", strconv.Itoa(w.repoServer),
		"--metrics-address", "127.0.0.1", "--metrics-port", strconv.Itoa(metrics), "--revision-cache-expiration", "3s")
	s.ReadyOn(w.repoServer)
	return nil
}

// setServer starts the server for what it does once: it makes the settings that the controllers wait for.
func (w *World) setServer(_ context.Context, s *kubelet.Setting) error {
	w.argocd(s)
	port, err := s.Port(8080) //nolint:mnd // As in the manifest.
	if err != nil {
		return err
	}
	metrics, err := s.Port(8083) //nolint:mnd // As in the manifest.
	if err != nil {
		return err
	}
	s.Env("ARGOCD_SERVER_REPO_SERVER", "127.0.0.1:"+strconv.Itoa(w.repoServer))
	s.Command.Args = append(s.Command.Args, "--address", "127.0.0.1", "--port", strconv.Itoa(port),
		"--metrics-address", "127.0.0.1", "--metrics-port", strconv.Itoa(metrics))
	s.ReadyOn(port)
	return nil
}

func (w *World) setApplicationController(_ context.Context, s *kubelet.Setting) error {
	w.argocd(s)
	metrics, err := s.Port(8082) //nolint:mnd // As in the manifest.
	if err != nil {
		return err
	}
	s.Env("ARGOCD_APPLICATION_CONTROLLER_REPO_SERVER", "127.0.0.1:"+strconv.Itoa(w.repoServer))
	s.Command.Args = append(s.Command.Args, "--metrics-port", strconv.Itoa(metrics), "--app-resync", strconv.Itoa(int(w.resync().Seconds())), "--app-resync-jitter", "0")
	s.ReadyOn(metrics)
	return nil
}

// resync is how long Argo CD waits before it looks at Git again.
func (w *World) resync() time.Duration {
	const soon = 15 * time.Second
	return cmp.Or(w.Resync, soon)
}

func (w *World) setApplicationSetController(_ context.Context, s *kubelet.Setting) error {
	w.argocd(s)
	s.Env("ARGOCD_APPLICATIONSET_CONTROLLER_REPO_SERVER", "127.0.0.1:"+strconv.Itoa(w.repoServer))
	s.Env("ARGOCD_APPLICATIONSET_CONTROLLER_REQUEUE_AFTER", "15s")
	for _, flag := range []struct {
		name string
		port int32
	}{{"--metrics-addr", 8080}, {"--probe-addr", 8081}, {"--webhook-addr", 7000}} {
		port, err := s.Port(flag.port)
		if err != nil {
			return err
		}
		s.Command.Args = append(s.Command.Args, flag.name, "127.0.0.1:"+strconv.Itoa(port))
		if flag.name == "--metrics-addr" {
			s.ReadyOn(port)
		}
	}
	return nil
}

// setCrossplaneInit leads to the definitions that are in Crossplane's image. Crossplane and its RBAC manager have an init container of this
// name.
func (w *World) setCrossplaneInit(_ context.Context, s *kubelet.Setting) error {
	cluster := filepath.Join(w.Programs.Modules[moduleCrossplane], "cluster")
	s.Env("CRDS_PATH", filepath.Join(cluster, "crds"))
	s.Env("WEBHOOK_CONFIGS_PATH", filepath.Join(cluster, "webhookconfigurations"))
	return nil
}

func setCrossplane(_ context.Context, s *kubelet.Setting) error {
	s.Env("TMPDIR", s.Temp)
	s.Env("LEADER_ELECTION", "false") // It would look for its namespace where only a container has it.
	if len(s.Command.Args) > 0 && s.Command.Args[0] == "rbac" {
		return nil // It has no ports but one that it binds everywhere, without a flag.
	}
	s.Env("XPKG_CACHE_DIR", s.Mount("/cache/xpkg"))
	s.Env("XFN_CACHE_DIR", s.Mount("/cache/xfn"))
	for name, port := range map[string]int32{"METRICS_PORT": 8080, "WEBHOOK_PORT": 9443, "HEALTH_PROBE_PORT": 8081} {
		host, err := s.EnvPort(name, port)
		if err != nil {
			return err
		}
		if name == "HEALTH_PROBE_PORT" {
			s.ReadyOn(host)
		}
	}
	return nil
}

// setFunction adds what the entrypoint of the package's image is.
func (w *World) setFunction(_ context.Context, s *kubelet.Setting) error {
	s.Command.Path = w.functionOf(s)
	port, err := s.Port(functionPort)
	if err != nil {
		return err
	}
	s.Command.Args = append([]string{"function", "serve", "--address", "127.0.0.1:" + strconv.Itoa(port), "--metrics-address", ""}, s.Command.Args...)
	s.ReadyOn(port)
	return nil
}

// workloadImages are the programs of a workload cluster.
func (w *World) workloadImages(c *Workload) []kubelet.Image {
	return []kubelet.Image{
		{Repository: "karpenter/controller", Program: w.Programs.Path["karpenter"], Set: func(ctx context.Context, s *kubelet.Setting) error {
			if err := c.EKS.HasPodIdentity(ctx, s.Pod.Namespace, s.Pod.Spec.ServiceAccountName); err != nil {
				return err //nolint:wrapcheck // It says all.
			}
			file, err := w.inventory(ctx, c, s.Temp)
			if err != nil {
				return err
			}
			s.Env("AWS_STATE", file)
			s.Env("INSTANCE_TYPES", filepath.Join(w.Programs.Modules[moduleCatalogue], "kwok", "examples", "aws_instance_types.json"))
			s.Env("AWS_REGION", c.EKS.Region) // Pod Identity's agent and EKS set these.
			s.Env("AWS_ACCESS_KEY_ID", "none")
			s.Env("AWS_SECRET_ACCESS_KEY", "none")
			s.Env("AWS_EC2_METADATA_DISABLED", "true")
			s.Env("DISABLE_LEADER_ELECTION", "true") // There is one process for all replicas.
			if _, err := s.EnvPort("METRICS_PORT", 8080); err != nil {
				return err
			}
			probe, err := s.EnvPort("HEALTH_PROBE_PORT", 8081)
			s.ReadyOn(probe)
			return err
		}},
		{Repository: "eks/aws-load-balancer-controller", Set: credentialsOnly(c)},
		{Repository: "external-dns/external-dns", Set: credentialsOnly(c)},
		{Repository: "external-secrets/external-secrets", Container: "external-secrets", Set: credentialsOnly(c)},
		{Repository: "aws-observability/aws-for-fluent-bit", Set: credentialsOnly(c)},
		{Repository: "aws-observability/aws-otel-collector", Set: func(ctx context.Context, s *kubelet.Setting) error {
			if s.Pod.Labels["app.kubernetes.io/instance"] == "otel-scraper" {
				return nil // It asks pods, and hands over to the gateway.
			}
			return credentialsOnly(c)(ctx, s)
		}},
	}
}

// credentialsOnly is for containers that are only said to run: they still need credentials of AWS.
func credentialsOnly(c *Workload) func(context.Context, *kubelet.Setting) error {
	return func(ctx context.Context, s *kubelet.Setting) error {
		if err := c.EKS.HasPodIdentity(ctx, s.Pod.Namespace, s.Pod.Spec.ServiceAccountName); err != nil {
			return fmt.Errorf("no credentials: %w", err)
		}
		return nil
	}
}

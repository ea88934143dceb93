package world

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/innovate-inc/genops/test/controlplane/internal/binaries"
)

// kubernetesVersion is what the API server says; it is the version in binaries/go.mod.
const kubernetesVersion = "v1.35.4"

// Modules whose files are needed and not only their code.
const (
	moduleAWS        = "github.com/upbound/provider-aws/v2"
	moduleKarpenter  = "github.com/aws/karpenter-provider-aws"
	moduleCrossplane = "github.com/crossplane/crossplane/v2"
	moduleArgoCD     = "github.com/argoproj/argo-cd/v3"
	moduleCatalogue  = "sigs.k8s.io/karpenter"
	moduleSecrets    = "github.com/external-secrets/external-secrets"
)

// Programs are the programs of the control plane and the folders of modules.
type Programs struct {
	Path    map[string]string
	Modules map[string]string
	// Took is how long building took.
	Took time.Duration
}

func sets() []binaries.Set {
	const version = "k8s.io/component-base/version"
	return []binaries.Set{
		{
			Name: "binaries",
			Programs: map[string]string{
				"kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver", "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
				"kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler", "etcd": "./etcd", "helm": "helm.sh/helm/v3/cmd/helm",
				"crossplane": "github.com/crossplane/crossplane/v2/cmd/crossplane", "karpenter": "./karpenter",
			},
			LinkerFlags: "-X " + version + ".gitVersion=" + kubernetesVersion + " -X " + version + ".gitMajor=1 -X " + version + ".gitMinor=35" +
				" -X github.com/crossplane/crossplane-runtime/v2/pkg/version.version=v2.3.4",
			Modules: []string{moduleKarpenter, moduleCrossplane, moduleCatalogue},
		},
		{Name: "argocd", Programs: map[string]string{"argocd": "github.com/argoproj/argo-cd/v3/cmd"}, Modules: []string{moduleArgoCD}},
	}
}

// Prepare finds or builds everything that a run needs. root is the folder of the repository.
func Prepare(ctx context.Context, root string, say func(format string, args ...any)) (*Programs, error) {
	all := &Programs{Path: map[string]string{}, Modules: map[string]string{}}
	for _, set := range sets() {
		built, err := binaries.Get(ctx, filepath.Join(root, "test", "controlplane"), set, say)
		if err != nil {
			return nil, err
		}
		for name, path := range built.Programs {
			all.Path[name] = path
		}
		for name, dir := range built.Modules {
			all.Modules[name] = dir
		}
		all.Took += built.Took
	}
	definitions, err := binaries.Modules(ctx, filepath.Join(root, "tools", "schemas"), moduleAWS, moduleSecrets)
	if err != nil {
		return nil, err
	}
	maps.Copy(all.Modules, definitions)
	if all.Path["redis-server"], err = redis(ctx, say); err != nil {
		return nil, err
	}
	if all.Path["git"], err = exec.LookPath("git"); err != nil {
		return nil, errors.New("git is missing: install it")
	}
	all.Path["genops"] = filepath.Join(root, "bin", "genops")
	if _, err := os.Stat(all.Path["genops"]); err != nil {
		return nil, errors.New("bin/genops is missing: run make build")
	}
	return all, nil
}

// redis finds redis-server, and installs Debian's package where that can be done.
func redis(ctx context.Context, say func(format string, args ...any)) (string, error) {
	const program, advice = "redis-server", "redis-server is missing: install it (Debian: apt-get install redis-server)"
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	apt, err := exec.LookPath("apt-get")
	if err != nil || os.Getuid() != 0 {
		return "", errors.New(advice)
	}
	say("installing redis-server")
	for _, args := range [][]string{{"update", "-qq"}, {"install", "-qq", "-y", "--no-install-recommends", program}} {
		cmd := exec.CommandContext(ctx, apt, args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil && args[0] == "install" {
			return "", fmt.Errorf("%s: %w: %.300s", advice, err, out)
		}
	}
	return exec.LookPath(program) //nolint:wrapcheck // It names the program.
}

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
}

// The CPU times are shares of what all took with empty caches of Go: 12 to 15 minutes on two cores.
func sets() []binaries.Set {
	const version = "k8s.io/component-base/version"
	return []binaries.Set{
		{
			Name: "binaries", CPU: 19 * time.Minute,
			Programs: map[string]string{
				"kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver", "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
				"kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler", "etcd": "./etcd", "helm": "helm.sh/helm/v3/cmd/helm",
				"crossplane": "github.com/crossplane/crossplane/v2/cmd/crossplane", "karpenter": "./karpenter",
			},
			LinkerFlags: "-X " + version + ".gitVersion=" + kubernetesVersion + " -X " + version + ".gitMajor=1 -X " + version + ".gitMinor=35" +
				" -X github.com/crossplane/crossplane-runtime/v2/pkg/version.version=v2.3.4",
			Modules: []string{moduleKarpenter, moduleCrossplane, moduleCatalogue},
		},
		{Name: "argocd", CPU: 9 * time.Minute, Programs: map[string]string{"argocd": "github.com/argoproj/argo-cd/v3/cmd"}, Modules: []string{moduleArgoCD}},
	}
}

// forPeople is what people need who look around: nobody else asks for kubectl.
func forPeople() binaries.Set {
	const version = "k8s.io/component-base/version"
	return binaries.Set{
		Name: "kubectl", CPU: 2 * time.Minute, Programs: map[string]string{"kubectl": "k8s.io/kubernetes/cmd/kubectl"},
		LinkerFlags: "-X " + version + ".gitVersion=" + kubernetesVersion + " -X " + version + ".gitMajor=1 -X " + version + ".gitMinor=35",
	}
}

// Prepare finds or builds everything that a run needs, and for people kubectl. root is the folder of the repository.
func Prepare(ctx context.Context, root string, people bool, tell binaries.Teller) (*Programs, error) {
	all := &Programs{Path: map[string]string{}, Modules: map[string]string{}}
	wanted := sets()
	if people {
		wanted = append(wanted, forPeople())
	}
	built, err := binaries.Get(ctx, filepath.Join(root, "test", "controlplane"), wanted, tell)
	if err != nil {
		return nil, err
	}
	for _, b := range built {
		maps.Copy(all.Path, b.Programs)
		maps.Copy(all.Modules, b.Modules)
	}
	definitions, err := binaries.Modules(ctx, filepath.Join(root, "tools", "schemas"), moduleAWS, moduleSecrets)
	if err != nil {
		return nil, err
	}
	maps.Copy(all.Modules, definitions)
	if all.Path["redis-server"], err = redis(ctx, tell.Say); err != nil {
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

package pipeline_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/pipeline"
	"github.com/innovate-inc/genops/internal/problem"
)

// root is this repository.
func root() string { return path.Join("..", "..") }

// TestEveryObjectOfTheRepositoryIsValid holds every rendered file against its definition, and claims against the ones that are rendered, too.
func TestEveryObjectOfTheRepositoryIsValid(t *testing.T) {
	t.Parallel()
	result := render(t, os.DirFS(root()))
	objects := decode(t, result.Files)
	judge := newJudge(t, objects)
	kinds := map[string]int{}
	for path, object := range objects {
		kind := object["apiVersion"].(string) + " " + object["kind"].(string)
		kinds[kind]++
		if !judge.validator.Knows(object) {
			t.Errorf("%s: nothing is known of %s", path, kind)
		}
		for _, message := range judge.says(t.Context(), object) {
			t.Errorf("%s: %s", path, message)
		}
		if !bytes.HasPrefix(result.Files[path], []byte("# "+pipeline.Header+"\napiVersion: ")) || !bytes.HasSuffix(result.Files[path], []byte("\n")) {
			t.Errorf("%s does not start with its header: %.200s", path, result.Files[path])
		}
	}
	want := map[string]int{
		"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy":            4,
		"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding":     4,
		"apiextensions.crossplane.io/v1 CompositeResourceDefinition":           9,
		"apiextensions.crossplane.io/v1 Composition":                           40,
		"apiextensions.crossplane.io/v1alpha1 ManagedResourceActivationPolicy": 1,
		"apiextensions.crossplane.io/v2 CompositeResourceDefinition":           1,
		"argoproj.io/v1alpha1 AppProject":                                      11, // Each environment, each cluster, the platform.
		"argoproj.io/v1alpha1 Application":                                     2,
		"argoproj.io/v1alpha1 ApplicationSet":                                  12,
		"aws.genops.dev/v1alpha1 AccountBaseline":                              6,
		"aws.genops.dev/v1alpha1 Cluster":                                      4,
		"aws.genops.dev/v1alpha1 ClusterRegistration":                          4,
		"aws.genops.dev/v1alpha1 Edge":                                         4,
		"aws.genops.dev/v1alpha1 Database":                                     3,
		"aws.genops.dev/v1alpha1 Network":                                      5,
		"aws.genops.dev/v1alpha1 Organization":                                 1,
		"aws.genops.dev/v1alpha1 Observability":                                3,
		"aws.genops.dev/v1alpha1 Registry":                                     1,
		"aws.genops.dev/v1alpha1 StateBackend":                                 1,
		"aws.upbound.io/v1beta1 ProviderConfig":                                6,
		"karpenter.k8s.aws/v1 EC2NodeClass":                                    8,
		"karpenter.sh/v1 NodePool":                                             8,
		"networking.k8s.io/v1 NetworkPolicy":                                   81,
		"pkg.crossplane.io/v1 Function":                                        1,
		"pkg.crossplane.io/v1 Provider":                                        34,
		"pkg.crossplane.io/v1beta1 DeploymentRuntimeConfig":                    2,
		"protection.crossplane.io/v1beta1 Usage":                               7,
		"v1 ConfigMap":                                                         1,
		"v1 LimitRange":                                                        8,
		"v1 Namespace":                                                         23,
		"v1 ResourceQuota":                                                     8,
		"apps/v1 Deployment":                                                   8,
		"autoscaling/v2 HorizontalPodAutoscaler":                               8,
		"external-secrets.io/v1 ClusterSecretStore":                            6,
		"external-secrets.io/v1 ExternalSecret":                                3,
		"networking.k8s.io/v1 Ingress":                                         6,
		"policy/v1 PodDisruptionBudget":                                        8,
		"v1 Service":                                                           8,
		"v1 ServiceAccount":                                                    9,
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("kinds (-want +got), a new one belongs into this table:\n%s", diff)
	}
}

// TestRenderIsTheSameEveryTime is not parallel: it changes how many threads there are.
func TestRenderIsTheSameEveryTime(t *testing.T) {
	want := render(t, os.DirFS(root())).Files
	for _, threads := range []int{1, 2, 7} {
		before := runtime.GOMAXPROCS(threads)
		got := render(t, os.DirFS(root())).Files
		runtime.GOMAXPROCS(before)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("with %d threads (-first +now):\n%s", threads, diff)
		}
	}
}

func TestRenderOfSome(t *testing.T) {
	t.Parallel()
	all := render(t, os.DirFS(root()))
	if all.Tops != nil {
		t.Errorf("a render of all is complete for %v, want nil", all.Tops)
	}
	some := render(t, os.DirFS(root()), "staging", "dev")
	if diff := cmp.Diff([]string{"dev", "staging", "bootstrap", "ci"}, some.Tops); diff != "" {
		t.Errorf("tops (-want +got):\n%s", diff)
	}
	want := maps.Clone(all.Files)
	maps.DeleteFunc(want, func(file string, _ []byte) bool {
		top, _, _ := strings.Cut(file, "/")
		return !slices.Contains(some.Tops, top)
	})
	if diff := cmp.Diff(want, some.Files); diff != "" {
		t.Errorf("files of some are not those of all (-all +some):\n%s", diff)
	}
}

// TestRenderPatches has prod's patch, which is in prod and nowhere else.
func TestRenderPatches(t *testing.T) {
	t.Parallel()
	patched := 0
	for file, object := range decode(t, render(t, os.DirFS(root())).Files) {
		if object["kind"] != "EC2NodeClass" {
			continue
		}
		monitored := get(object, "spec", "detailedMonitoring") == true
		if want := strings.HasPrefix(file, "prod/"); monitored != want {
			t.Errorf("%s: detailed monitoring is %t, want %t", file, monitored, want)
		}
		if monitored {
			patched++
		}
	}
	if patched != 2 {
		t.Errorf("%d classes are patched, want 2", patched)
	}
}

func TestRenderRefuses(t *testing.T) {
	t.Parallel()
	notValid := func(environment, message string) problem.Problem {
		return problem.Problem{
			Environment: environment,
			Position:    problem.Position{File: "../environments/" + environment + "/kustomization.yaml", Line: 2, Column: 3},
			Message: "after its patches, " + environment + "/cluster/node-pools/ec2nodeclass-amd64.yaml is not valid: " + message +
				" (the same for 1 more object)",
		}
	}
	const hopLimit = "spec.metadataOptions.httpPutResponseHopLimit: Invalid value: 100: spec.metadataOptions.httpPutResponseHopLimit in body should be less than or equal to 64"
	broken := kustomization + "/spec/metadataOptions/httpPutResponseHopLimit\n      value: 100\n"
	two := map[string]string{
		"dev/e.cue": devLines, "dev/kustomization.yaml": broken, "qa/kustomization.yaml": broken,
		"qa/e.cue": "stage: \"dev\"\naccount: \"222233334444\"\nnetwork: cidr: \"10.30.0.0/16\"\ncluster: {}\n",
	}
	cases := map[string]struct {
		reason string
		files  map[string]string
		names  []string
		want   []problem.Problem
	}{
		"unknown name": {
			"on the command line",
			map[string]string{"dev/e.cue": devLines},
			[]string{"dve"},
			[]problem.Problem{{Message: `there is no environment "dve": there are dev`, Hint: "did you mean dev?"}},
		},
		"unknown names": {
			"each of them",
			map[string]string{"dev/e.cue": devLines, "qa/e.cue": two["qa/e.cue"]},
			[]string{"one", "dev", "other"},
			[]problem.Problem{{Message: `there is no environment "one": there are dev and qa`}, {Message: `there is no environment "other": there are dev and qa`}},
		},
		"wrong elsewhere": {
			"all environments are checked, whichever is rendered",
			map[string]string{"dev/e.cue": devLines, "qa/e.cue": "stage: \"dev\"\naccount: \"222233334444\"\nnetwork: cidr: \"10.20.0.0/16\"\n"},
			[]string{"dev"},
			[]problem.Problem{{
				Environment: "qa", Position: problem.Position{File: "../environments/qa/e.cue", Line: 6, Column: 16}, Field: "network.cidr",
				Message: "10.20.0.0/16 overlaps dev's 10.20.0.0/16", Hint: "free ranges of the same size in 10.0.0.0/8: 10.10.0.0/16, 10.30.0.0/16, 10.40.0.0/16",
				Related: []problem.Related{{Position: problem.Position{File: "../environments/dev/e.cue", Line: 5, Column: 16}, Message: "dev's is set here"}},
			}},
		},
		"patched into what is not valid": {
			"Karpenter would refuse it on the cluster",
			map[string]string{"dev/e.cue": devLines, "dev/kustomization.yaml": broken},
			nil,
			[]problem.Problem{notValid("dev", hopLimit)},
		},
		"two environments patched": {
			"a person repairs both before the next try", two, nil,
			[]problem.Problem{notValid("dev", hopLimit), notValid("qa", hopLimit)},
		},
		"patched, and not asked for": {
			"an environment that is not rendered is not patched", two,
			[]string{"dev"},
			[]problem.Problem{notValid("dev", hopLimit)},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, err := pipeline.Render(t.Context(), inputs(t, tc.files), "..", tc.names, silent)
			var got *problem.Error
			if result != nil || !errors.As(err, &got) {
				t.Fatalf("%s: got %v and error %v, want only a *problem.Error", tc.reason, result, err)
			}
			if diff := cmp.Diff(tc.want, got.Problems); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

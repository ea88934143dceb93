package generators_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/generators"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

const (
	appRepository = "\tstage: \"shared\"\n\tregistry: {github: organization: \"Acme\", repositories: "
	runsWeb       = "\n\tservices: web: workload: image: {repository: \"web\", tag: \"v1\"}"
	onGitHub      = "\tgit: url: \"https://github.com/acme/platform.git\"\n"
	digestPinned  = "0123456789abcdef0123456789abcdef01234567"
)

// ciOf renders what is for other repositories: of a registry's repositories, and an environment that runs one of them.
func ciOf(t *testing.T, platform, repositories string) []manifest.Object {
	t.Helper()
	return below(all(t, load(t, "\torder: [\"dev\", \"tools\"]\n"+platform, map[string]string{
		"tools": appRepository + repositories + "}\n\taccount: \"222233334444\"", "dev": devLines + runsWeb,
	})), generators.FolderCI+"/")
}

// TestFilesForOtherRepositories has goldens of all files, each with a sibling that lacks what makes the case.
func TestFilesForOtherRepositories(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason                 string
		platform, repositories string
		absent                 []string
		siblingPlatform        string
		sibling                string
		lacks                  []string
	}{
		"ci/python": {
			"all defaults, and no environment that runs the image: nobody is asked to pin it",
			onGitHub, `{web: {}, api: build: language: "python"}`,
			[]string{"npm", "genops pin", "create-github-app-token", "AWS_ACCESS_KEY", "USER root", "latest", "working-directory", "tags:\n"},
			onGitHub, `{web: {}, api: build: language: "node"}`,
			[]string{"pytest", "gunicorn", "python:3.13-slim-bookworm", "setup-python@v5.6.0"},
		},
		"ci/node": {
			"every field, and the first environment that runs the image",
			onGitHub + "\tversions: actions: \"actions/checkout\": \"" + digestPinned + "\"\n\tmirrors: images: \"public.ecr.aws/\": \"ecr.inside/\"",
			`web: {github: {repository: "Frontend", branches: ["main", "release/1.x"], tags: ["v*"]}
				build: {language: "node", version: "22.11", context: "apps/web", port: 3000, test: "npm run test:ci", command: ["node", "dist/server.js", "--trace"]}}`,
			[]string{"pip", "checkout@v4", "public.ecr.aws", "PORT=8080", "cp -R rendered/ci/Frontend"},
			"\tgit: url: \"https://git.example.org/acme/platform.git\"", `web: build: language: "node"`,
			[]string{"genops pin dev web", "working-directory: apps/web", "ecr.inside", digestPinned, "release/1.x", "- v*", "PORT=3000", "test:ci", "--trace", "22.11", "Acme/Frontend"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := page(t, ciOf(t, tc.platform, tc.repositories))
			golden(t, name, got)
			other := page(t, ciOf(t, tc.siblingPlatform, tc.sibling))
			for _, text := range tc.absent {
				if strings.Contains(got, text) {
					t.Errorf("%s: %q must not be there", tc.reason, text)
				}
			}
			for _, text := range tc.lacks {
				if !strings.Contains(got, text) || strings.Contains(other, text) {
					t.Errorf("%s: %q belongs into the case (%t), and not into its sibling (%t)", tc.reason, text, strings.Contains(got, text), strings.Contains(other, text))
				}
			}
		})
	}
	if objects := ciOf(t, onGitHub, "web: {}"); len(objects) > 0 {
		t.Errorf("without a build there is nothing to copy, but %s", objects[0].Path)
	}
}

// TestRoleOfWorkflows: the role that a workflow assumes is the one that the registry's composition makes, also when its name is shortened.
func TestRoleOfWorkflows(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 30)
	config := load(t, "\torder: [\""+long+"\"]\n", map[string]string{
		long: "\tstage: \"shared\"\n\tproject: \"" + long + "\"\n\tregistry: {github: organization: \"acme\", repositories: " + long + ": build: language: \"node\"}",
	})
	objects := all(t, config)
	registry, _ := compositions.Find("Registry")
	spec, _ := find(t, objects, long+"/claims/registry.yaml")["spec"].(map[string]any)
	delete(spec, "compositionRef")
	result, _, err := compositions.Simulate(registry, spec)
	if err != nil {
		t.Fatal(err)
	}
	var roles []string
	for _, resource := range result.Resources {
		if text(resource.Object, "kind") == "Role" {
			roles = append(roles, "arn:aws:iam::111122223333:role/"+text(resource.Object, "metadata", "annotations", "crossplane.io/external-name"))
		}
	}
	role := regexp.MustCompile(`role-to-assume: (\S+)`).FindStringSubmatch(page(t, below(objects, "ci/")))
	if len(roles) != 1 || len(role) != 2 || role[1] != roles[0] || len(path.Base(role[1])) != 64 {
		t.Errorf("the workflow assumes %q, the registry makes %q", role, roles)
	}
}

// TestNothingSyncsFilesForOtherRepositories goes through every path that Argo CD reads.
func TestNothingSyncsFilesForOtherRepositories(t *testing.T) {
	t.Parallel()
	const folder = "rendered/ci/"
	seen := 0
	var visit func(at string, value any)
	visit = func(at string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for key, inner := range value {
				if source, ok := inner.(string); ok && key == "path" {
					seen++
					if strings.HasPrefix(folder, strings.TrimSuffix(source, "*")) || strings.HasPrefix(source+"/", folder) {
						t.Errorf("%s: %s is read by Argo CD", at, source)
					}
				}
				visit(at, inner)
			}
		case []any:
			for _, inner := range value {
				visit(at, inner)
			}
		}
	}
	for _, object := range below(all(t, repository(t)), "bootstrap/argocd/") {
		visit(object.Path, object.Object)
	}
	if seen < 3 {
		t.Errorf("%d paths prove nothing", seen)
	}
}

// TestWorkflows holds every workflow of every configuration to the checks.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	for name, config := range configurations(t) {
		seen := 0
		for _, object := range below(all(t, config), "ci/") {
			if path.Ext(object.Path) != ".yml" {
				continue
			}
			seen++
			if wrong := workflowProblems(object.Raw, config.Platform.Versions.Actions); len(wrong) > 0 {
				t.Errorf("%s: %s:\n%s", name, object.Path, strings.Join(wrong, "\n"))
			}
		}
		if seen != 3 {
			t.Errorf("%s: %d workflows, want one of each repository and one of the platform", name, seen)
		}
	}
}

// TestChecksOfWorkflows breaks a good workflow in one place each.
func TestChecksOfWorkflows(t *testing.T) {
	t.Parallel()
	config := repository(t)
	var good string
	for _, object := range below(all(t, config), "ci/web/.github/") {
		good = string(object.Raw)
	}
	cases := map[string]struct{ old, now, want string }{
		"needs":          {"needs:\n    - push", "needs:\n    - psuh", "pin needs psuh, which is no job"},
		"uses":           {"setup-node@" + config.Platform.Versions.Actions["actions/setup-node"], "setup-node@main", "test uses actions/setup-node@main, which is not in the catalogue"},
		"foreign action": {"actions/setup-node@", "acme/setup-node@", "test uses acme/setup-node@" + config.Platform.Versions.Actions["actions/setup-node"] + ", which is not in the catalogue"},
		"permissions":    {"permissions: {}", "permissions:\n      contents: write", "pin may write contents"},
		"token for AWS":  {"permissions: {}", "permissions:\n      id-token: write", "pin may write id-token"},
		"injection":      {"run: npm test", "run: npm test ${{ github.head_ref }}", "a script of test has an expression in it: whoever names a branch could write commands"},
		"context":        {"steps.token.outputs.token", "steps.tokn.outputs.token", "a value of pin refers to steps.tokn.outputs.token"},
		"output":         {"needs.push.outputs.digest", "needs.push.outputs.sum", "a value of pin refers to needs.push.outputs.sum"},
		"credentials":    {"persist-credentials: false", "persist-credentials: true", "image leaves the token of the checkout behind"},
		"timeout":        {"timeout-minutes: 20", "timeout-minutes: 0", "test runs on \"ubuntu-24.04\" for 0 minutes"},
		"dangerous":      {"pull_request: {}", "pull_request_target: {}", "starts on map[pull_request_target:map[] push:map[branches:[main]]]"},
	}
	for name, tc := range cases {
		broken := strings.Replace(good, tc.old, tc.now, 1)
		if broken == good {
			t.Errorf("%s: %q is not in the workflow, so nothing is proved", name, tc.old)
		}
		if wrong := workflowProblems([]byte(broken), config.Platform.Versions.Actions); !slices.Contains(wrong, tc.want) {
			t.Errorf("%s: said %q, want %q", name, wrong, tc.want)
		}
	}
}

// TestDockerfiles holds every Dockerfile to the checks, and the checks to broken ones.
func TestDockerfiles(t *testing.T) {
	t.Parallel()
	var good string
	for name, config := range configurations(t) {
		seen := 0
		for _, object := range below(all(t, config), "ci/") {
			if path.Base(object.Path) != "Dockerfile" {
				continue
			}
			seen++
			good = string(object.Raw)
			if wrong := dockerfileProblems(good); len(wrong) > 0 {
				t.Errorf("%s: %s: %s", name, object.Path, strings.Join(wrong, ", "))
			}
		}
		if seen != 2 {
			t.Errorf("%s: %d Dockerfiles", name, seen)
		}
	}
	for want, edit := range map[string][2]string{
		"runs as \"\"":                    {"USER 10001:10001\n", ""},
		"runs as \"root\"":                {"USER 10001:10001", "USER root"},
		"runs as \"0:0\"":                 {"USER 10001:10001", "USER 0:0"},
		"not allowed: ADD . .":            {"COPY . .", "ADD . ."},
		"1 stages":                        {" AS build", ""},
		"copies from bulid":               {"--from=build", "--from=bulid"},
		"the last stage takes sources: .": {"USER ", "COPY . .\nUSER "},
		"command is npm start":            {"CMD [", "CMD npm start\n# ["},
		"a secret: ENV API_TOKEN=x":       {"EXPOSE", "ENV API_TOKEN=x\nEXPOSE"},
		"PORT is not 80":                  {"EXPOSE 8080", "EXPOSE 80"},
		"base image is ":                  {"FROM ", "FROM node:latest\n# "},
	} {
		broken := strings.Replace(good, edit[0], edit[1], 1)
		if want == "1 stages" {
			broken = good[strings.LastIndex(good, "FROM "):]
		}
		if wrong := dockerfileProblems(broken); !slices.ContainsFunc(wrong, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("%q: said %q, want %q", edit, wrong, want)
		}
	}
}

// TestImagesOfWorkloadsAndWorkflowsAgree: what a workflow pushes is what the Deployment pulls.
func TestImagesOfWorkloadsAndWorkflowsAgree(t *testing.T) {
	t.Parallel()
	config := repository(t)
	for _, build := range config.Builds() {
		workflow := page(t, below(all(t, config), "ci/"+build.Repository+"/.github/"))
		reference, err := config.ImageReference(schema.Image{Repository: build.Repository})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(workflow, "tags: "+reference+":${{ steps.tag.outputs.tag }}\n") {
			t.Errorf("%s is pulled, and something else is pushed", reference)
		}
	}
	if diff := cmp.Diff([]string{"api", "web"}, []string{config.Builds()[0].Repository, config.Builds()[1].Repository}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

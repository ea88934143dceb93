package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// pinned is a digest that a workflow could have pushed.
var pinned = "sha256:" + strings.Repeat("0a", 32)

// workflowSteps are the steps of a job in rendered/ci, without those that use an action.
func workflowSteps(t *testing.T, repository, job string) []workflowStep {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "rendered", "ci", repository, ".github", "workflows", "build.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var workflow struct {
		Jobs map[string]struct {
			Steps []workflowStep `yaml:"steps"`
		} `yaml:"jobs"`
	}
	if err := yaml.Unmarshal(content, &workflow); err != nil {
		t.Fatal(err)
	}
	var scripts []workflowStep
	for _, step := range workflow.Jobs[job].Steps {
		if step.Run != "" {
			scripts = append(scripts, step)
		}
	}
	return scripts
}

type workflowStep struct {
	Name string            `yaml:"name"`
	Env  map[string]string `yaml:"env"`
	Run  string            `yaml:"run"`
}

// run runs a step the way GitHub does, its expressions replaced by values.
func (s workflowStep) run(t *testing.T, dir string, env []string, values *strings.Replacer) {
	t.Helper()
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", s.Run)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	for name, value := range s.Env {
		value = values.Replace(value)
		if strings.Contains(value, "${{") {
			t.Errorf("%s: %s is %q, which the test has no value for", s.Name, name, value)
		}
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	mustRun(t, cmd)
}

// program puts a shell script into a folder of programs.
func program(t *testing.T, dir, name, script string) {
	t.Helper()
	mustWrite(t, filepath.Join(dir, name), "#!/bin/sh\n"+script+"\n")
	if err := os.Chmod(filepath.Join(dir, name), 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestWorkflowPins runs what the job pin of the repository's own workflow runs, with Git and without GitHub: the platform repository gets a branch
// that pins the image, with what is rendered of it.
func TestWorkflowPins(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	remote, clone, programs := filepath.Join(dir, "remote.git"), filepath.Join(dir, "clone"), filepath.Join(dir, "programs")
	git := func(args ...string) string {
		return mustRun(t, exec.Command("git", append([]string{"-C", clone, "-c", "user.name=a", "-c", "user.email=a@example.org"}, args...)...))
	}
	mustCopy(t, environments, filepath.Join(clone, "environments"))
	mustRun(t, process(clone, nil, "render"))
	mustRun(t, exec.Command("git", "init", "--quiet", "--bare", remote))
	git("init", "--quiet", "--initial-branch", "main")
	git("add", ".")
	git("commit", "--quiet", "--message", "Begin")
	git("remote", "add", "origin", remote)
	program(t, programs, "gh", `echo "$@" >> "`+filepath.Join(dir, "gh")+`"; case "$1 $2" in "pr list") echo 0;; esac`)
	env := []string{"PATH=" + programs + string(os.PathListSeparator) + os.Getenv("PATH"), "GITHUB_SERVER_URL=https://github.com", "GITHUB_REPOSITORY=innovate-inc/web", "GITHUB_RUN_ID=7"}
	values := strings.NewReplacer(
		"${{ needs.push.outputs.tag }}", "v1.4.2", "${{ needs.push.outputs.digest }}", pinned, "${{ steps.token.outputs.token }}", "secret",
	)
	pin := func() {
		for _, step := range workflowSteps(t, "web", "pin") {
			if step.Run == "make build" {
				step.Run = `mkdir -p bin && ln -sf "$(command -v genops)" bin/genops`
			}
			step.run(t, clone, env, values)
		}
	}
	mustWrite(t, filepath.Join(clone, ".git", "info", "exclude"), "/bin/\n")
	pin()
	const changes = "environments/dev/images.cue\nrendered/dev/.genops.sum\nrendered/dev/README.md\nrendered/dev/cluster/workloads/web/deployment.yaml\n"
	if changed := git("diff", "--name-only", "origin/pin/dev/web~1", "origin/pin/dev/web"); changed != changes {
		t.Errorf("the branch changes\n%s", changed)
	}
	if line := git("grep", "--only-matching", "innovate/web:.*", "origin/pin/dev/web", "--", "rendered/dev/cluster"); !strings.HasSuffix(line, ":innovate/web:v1.4.2@"+pinned+"\n") {
		t.Errorf("what is rendered runs %s", line)
	}
	asked, err := os.ReadFile(filepath.Join(dir, "gh"))
	if err != nil {
		t.Fatal(err)
	}
	want := "auth setup-git\npr list --head pin/dev/web --state open --json number --jq length\n" +
		"pr create --base main --head pin/dev/web --title Run web v1.4.2 in dev --body https://github.com/innovate-inc/web/actions/runs/7\n"
	if string(asked) != want {
		t.Errorf("GitHub was asked\n%s", asked)
	}

	// A second run finds the image pinned, and asks for nothing.
	pin()
	if again, err := os.ReadFile(filepath.Join(dir, "gh")); err != nil || string(again) != want {
		t.Errorf("GitHub was asked again\n%s%v", again, err)
	}
}

// TestWorkflowChoosesTags runs the step that says under which tag an image is pushed, and whether the registry has it.
func TestWorkflowChoosesTags(t *testing.T) {
	t.Parallel()
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for name, tc := range map[string]struct{ kind, ref, answer, want string }{
		"branch":     {"branch", "main", "exit 254", "tag=" + commit + "\ndigest=\n"},
		"tag":        {"tag", "v1.4.2", "exit 254", "tag=v1.4.2\ndigest=\n"},
		"slashes":    {"tag", "release/v1", "exit 254", "tag=release-v1\ndigest=\n"},
		"is there":   {"tag", "v1.4.2", "echo " + pinned, "tag=v1.4.2\ndigest=" + pinned + "\n"},
		"not a word": {"tag", "v1 $(id)", "exit 254", "tag=v1 $(id)\ndigest=\n"},
	} {
		dir := t.TempDir()
		program(t, dir, "aws", tc.answer)
		var scripts []workflowStep
		for _, step := range workflowSteps(t, "api", "push") {
			step.run(t, dir, []string{
				"PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH"), "GITHUB_OUTPUT=" + filepath.Join(dir, "output"),
				"GITHUB_SHA=" + commit, "GITHUB_REF_TYPE=" + tc.kind, "GITHUB_REF_NAME=" + tc.ref,
			}, strings.NewReplacer())
			scripts = append(scripts, step)
		}
		got, err := os.ReadFile(filepath.Join(dir, "output"))
		if err != nil || string(got) != tc.want || len(scripts) != 1 {
			t.Errorf("%s: got %q in %d steps (%v), want %q", name, got, len(scripts), err, tc.want)
		}
	}
}

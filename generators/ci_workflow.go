package generators

import "strings"

// workflow is a file that GitHub Actions read (GitHub: workflow syntax). Fields without omitempty are stated in every workflow on purpose.
type workflow struct {
	Name        string         `json:"name"`
	On          events         `json:"on"`
	Concurrency concurrency    `json:"concurrency"`
	Permissions permissions    `json:"permissions"`
	Jobs        map[string]job `json:"jobs"`
}

// events start a workflow.
type events struct {
	PullRequest *event `json:"pull_request,omitempty"`
	Push        *event `json:"push,omitempty"`
}

// event is limited to branches and tags; an empty one is not limited.
type event struct {
	Branches []string `json:"branches,omitempty"`
	Tags     []string `json:"tags,omitempty"`
}

// concurrency keeps runs of one group apart: a newer one waits, or cancels the older.
type concurrency struct {
	Group            string `json:"group"`
	CancelInProgress bool   `json:"cancel-in-progress"`
}

// permissions of the token that GitHub gives to a job. What is not named is none.
type permissions map[string]string

type job struct {
	Name        string            `json:"name"`
	If          string            `json:"if,omitempty"`
	Needs       []string          `json:"needs,omitempty"`
	RunsOn      string            `json:"runs-on"`
	Timeout     int               `json:"timeout-minutes"`
	Permissions permissions       `json:"permissions"`
	Concurrency *concurrency      `json:"concurrency,omitempty"`
	Defaults    *defaults         `json:"defaults,omitempty"`
	Outputs     map[string]string `json:"outputs,omitempty"`
	Steps       []step            `json:"steps"`
}

type defaults struct {
	Run runDefaults `json:"run"`
}

type runDefaults struct {
	WorkingDirectory string `json:"working-directory"`
}

type step struct {
	Name string            `json:"name"`
	ID   string            `json:"id,omitempty"`
	If   string            `json:"if,omitempty"`
	Uses string            `json:"uses,omitempty"`
	With map[string]any    `json:"with,omitempty"`
	Env  map[string]string `json:"env,omitempty"`
	Run  string            `json:"run,omitempty"`
}

const (
	runner   = "ubuntu-24.04"
	readOnly = "read"

	minutesTest  = 20
	minutesBuild = 60 // One of the two architectures is emulated.
	minutesPin   = 30 // The first build of genops on a runner takes long.
)

// newestOfPullRequest lets a newer push to a pull request end the run of the older one. Every other run is a group of its own: of two that wait in
// one group GitHub would drop the older, and its commit had no image.
func newestOfPullRequest(name string) concurrency {
	return concurrency{Group: name + "-${{ github.event.pull_request.number || github.run_id }}", CancelInProgress: true}
}

// contents lets a job read the sources, and nothing else.
func contents() permissions { return permissions{"contents": readOnly} }

// toolbox makes the steps that several jobs have, with the platform's versions of actions.
type toolbox struct {
	actions map[string]string
}

func (t toolbox) uses(action string) string { return action + "@" + t.actions[action] }

// checkout gets the sources of the repository itself. The token does not stay where later steps could read it.
func (t toolbox) checkout() step {
	return step{Name: "Get the sources", Uses: t.uses("actions/checkout"), With: map[string]any{"persist-credentials": false}}
}

// genops builds genops out of the platform repository, which is the current folder. Without a cache: jobs of the same branch share it, and what
// scripts of dependencies wrote there in one of them must not reach the job that holds a token.
func (t toolbox) genops() []step {
	return []step{
		{Name: "Install Go", Uses: t.uses("actions/setup-go"), With: map[string]any{"go-version-file": "go.mod", "cache": false}},
		{Name: "Build genops", Run: "make build"},
	}
}

// script joins the lines of a step.
func script(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

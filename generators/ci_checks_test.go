package generators_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// workflowFile is a workflow as GitHub reads it, as far as the checks look at it.
type workflowFile struct {
	On          map[string]any         `json:"on"`
	Permissions map[string]string      `json:"permissions"`
	Concurrency map[string]any         `json:"concurrency"`
	Jobs        map[string]workflowJob `json:"jobs"`
}

type workflowJob struct {
	If          string            `json:"if"`
	Needs       []string          `json:"needs"`
	RunsOn      string            `json:"runs-on"`
	Timeout     int               `json:"timeout-minutes"`
	Permissions map[string]string `json:"permissions"`
	Outputs     map[string]string `json:"outputs"`
	Steps       []workflowStep    `json:"steps"`
}

type workflowStep struct {
	ID   string            `json:"id"`
	If   string            `json:"if"`
	Uses string            `json:"uses"`
	With map[string]any    `json:"with"`
	Env  map[string]string `json:"env"`
	Run  string            `json:"run"`
}

// expressions finds what GitHub evaluates, and references what such text refers to.
var (
	expressions = regexp.MustCompile(`\$\{\{(.*?)\}\}`)
	references  = regexp.MustCompile(`[a-z_]+(?:\.[A-Za-z_-]+)+`)
	quoted      = regexp.MustCompile(`'[^']*'`)
)

// workflowProblems is what is wrong with a workflow: with what it needs, uses and may do.
func workflowProblems(content []byte, actions map[string]string) []string {
	var w workflowFile
	if err := yaml.Unmarshal(content, &w); err != nil {
		return []string{err.Error()}
	}
	var wrong []string
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if len(w.On) == 0 || w.On["pull_request_target"] != nil || w.On["workflow_run"] != nil {
		bad("starts on %v", w.On)
	}
	if !maps.Equal(w.Permissions, map[string]string{"contents": "read"}) {
		bad("permissions of the workflow are %v", w.Permissions)
	}
	if w.Concurrency["group"] == nil {
		bad("no concurrency group")
	}
	for _, name := range slices.Sorted(maps.Keys(w.Jobs)) {
		job := w.Jobs[name]
		for _, need := range job.Needs {
			if _, ok := w.Jobs[need]; !ok {
				bad("%s needs %s, which is no job", name, need)
			}
		}
		if job.Timeout < 1 || job.Timeout > 60 || job.RunsOn == "" || strings.HasSuffix(job.RunsOn, "-latest") {
			bad("%s runs on %q for %d minutes", name, job.RunsOn, job.Timeout)
		}
		if job.Permissions == nil {
			bad("%s states no permissions", name)
		}
		for permission, access := range job.Permissions {
			push := permission == "id-token" && access == "write" && name == "push" && job.If == "github.event_name == 'push'"
			if !push && (permission != "contents" || access != "read") {
				bad("%s may %s %s", name, access, permission)
			}
		}
		ids := map[string]bool{}
		known := func(where, text string) {
			for _, reference := range references.FindAllString(quoted.ReplaceAllString(text, ""), -1) {
				parts := strings.Split(reference, ".")
				ok := false
				switch parts[0] {
				case "github":
					ok = slices.Contains([]string{"github.event_name", "github.run_id", "github.event.pull_request.number"}, reference)
				case "vars", "secrets":
					ok = name == "pin" && len(parts) == 2
				case "steps":
					ok = len(parts) == 4 && ids[parts[1]] && parts[2] == "outputs"
				case "needs":
					ok = len(parts) == 4 && slices.Contains(job.Needs, parts[1]) && parts[2] == "outputs" && w.Jobs[parts[1]].Outputs[parts[3]] != ""
				}
				if !ok {
					bad("%s of %s refers to %s", where, name, reference)
				}
			}
		}
		for _, step := range job.Steps {
			if expressions.MatchString(step.Run) {
				bad("a script of %s has an expression in it: whoever names a branch could write commands", name)
			}
			if (step.Uses == "") == (step.Run == "") {
				bad("a step of %s neither uses nor runs something, or both", name)
			}
			if step.Uses != "" {
				action, version, _ := strings.Cut(step.Uses, "@")
				if version == "" || actions[action] != version {
					bad("%s uses %s, which is not in the catalogue", name, step.Uses)
				}
				if action == "actions/checkout" && step.With["persist-credentials"] != false {
					bad("%s leaves the token of the checkout behind", name)
				}
			}
			known("a condition", step.If)
			with, err := json.Marshal(step.With)
			if err != nil {
				bad("%v", err)
			}
			values := append(slices.Sorted(maps.Values(step.Env)), string(with))
			for _, value := range values {
				for _, expression := range expressions.FindAllStringSubmatch(value, -1) {
					known("a value", expression[1])
				}
			}
			if step.ID != "" {
				ids[step.ID] = true // From the next step on.
			}
		}
		for _, output := range slices.Sorted(maps.Values(job.Outputs)) {
			for _, expression := range expressions.FindAllStringSubmatch(output, -1) {
				known("an output", expression[1])
			}
		}
	}
	return wrong
}

// instruction matches a line of a Dockerfile.
var instruction = regexp.MustCompile(`^(FROM|RUN|COPY|ENV|WORKDIR|USER|EXPOSE|CMD) (.+)$`)

// dockerfileProblems is what is wrong with a Dockerfile.
func dockerfileProblems(content string) []string {
	var wrong, stages []string
	user, command, port := "", "", ""
	for line := range strings.Lines(content) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		match := instruction.FindStringSubmatch(line)
		if match == nil {
			wrong = append(wrong, "not allowed: "+line)
			continue
		}
		switch value := match[2]; match[1] {
		case "FROM":
			image, stage, _ := strings.Cut(value, " AS ")
			if !regexp.MustCompile(`^[a-z0-9./-]+:\d+(\.\d+)*-[a-z.-]+$`).MatchString(image) {
				wrong = append(wrong, "base image is "+image)
			}
			stages, user = append(stages, stage), ""
		case "COPY":
			if from := regexp.MustCompile(`--from=(\S+)`).FindStringSubmatch(value); len(from) > 1 && !slices.Contains(stages, from[1]) {
				wrong = append(wrong, "copies from "+from[1])
			} else if len(from) == 0 && len(stages) > 1 {
				wrong = append(wrong, "the last stage takes sources: "+value)
			}
		case "USER":
			user = value
		case "EXPOSE":
			port = value
		case "CMD":
			command = value
		}
		if regexp.MustCompile(`(?i)(password|secret|token|api_?key)\S*=`).MatchString(line) {
			wrong = append(wrong, "a secret: "+line)
		}
	}
	if len(stages) != 2 || stages[1] != "" {
		wrong = append(wrong, fmt.Sprintf("%d stages", len(stages)))
	}
	if !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user) {
		wrong = append(wrong, fmt.Sprintf("runs as %q", user))
	}
	var words []string
	if json.Unmarshal([]byte(command), &words) != nil || len(words) == 0 {
		wrong = append(wrong, "command is "+command)
	}
	if !strings.Contains(content, "PORT="+port+"\n") || port == "" {
		wrong = append(wrong, "PORT is not "+port)
	}
	return wrong
}

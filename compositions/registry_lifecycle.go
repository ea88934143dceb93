package compositions

import (
	"encoding/json"
	"fmt"

	"github.com/innovate-inc/genops/schema"
)

// lifecycleRule is a rule of an ECR lifecycle policy (Amazon ECR user guide: lifecycle policy parameters).
type lifecycleRule struct {
	Priority    int                `json:"rulePriority"`
	Description string             `json:"description"`
	Selection   lifecycleSelection `json:"selection"`
	Action      lifecycleAction    `json:"action"`
}

type lifecycleSelection struct {
	TagStatus string   `json:"tagStatus"`
	Patterns  []string `json:"tagPatternList,omitempty"`
	CountType string   `json:"countType"`
	CountUnit string   `json:"countUnit,omitempty"`
	Count     int      `json:"countNumber"`
}

type lifecycleAction struct {
	Type string `json:"type"`
}

// lifecycle is the policy for which images of a repository go by themselves. Several patterns in one rule would mean images that have a tag of each,
// so each has a rule. What a rule selects, a later one never takes, yet it counts it: the last rule makes room for all releases.
func lifecycle(l schema.Lifecycle) string {
	var rules []lifecycleRule
	add := func(description string, selection lifecycleSelection) {
		rules = append(rules, lifecycleRule{
			Priority: len(rules) + 1, Description: description, Selection: selection, Action: lifecycleAction{Type: "expire"},
		})
	}
	newest := func(pattern string, count int) lifecycleSelection {
		return lifecycleSelection{TagStatus: "tagged", Patterns: []string{pattern}, CountType: "imageCountMoreThan", Count: count}
	}
	add(fmt.Sprintf("Without a tag: %d days", l.UntaggedDays),
		lifecycleSelection{TagStatus: "untagged", CountType: "sinceImagePushed", CountUnit: "days", Count: l.UntaggedDays})
	for _, tag := range l.ReleaseTags {
		add(fmt.Sprintf("Releases %s: the newest %d", tag, l.Releases), newest(tag, l.Releases))
	}
	add(fmt.Sprintf("Others: the newest %d beside releases", l.Others), newest("*", l.Releases*len(l.ReleaseTags)+l.Others))
	content, err := json.Marshal(map[string]any{"rules": rules})
	if err != nil {
		panic(err) // Numbers, strings and lists of them always encode.
	}
	return string(content)
}

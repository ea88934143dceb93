// Package scp answers whether a service control policy denies a request (AWS Organizations user guide: SCP evaluation; IAM user guide: policy
// elements). It knows the conditions that genops writes; a statement with another one counts as if the condition held, so that a denial is never
// missed.
package scp

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Request is what somebody wants to do, on whatever resource.
type Request struct {
	Action string
	// Principal is the ARN of the role, and Region the one that is asked; of services without regions that is us-east-1.
	Principal, Region string
}

// Policy is a service control policy.
type Policy struct {
	statements []statement
}

type statement struct {
	Sid       string         `json:"Sid"`
	Effect    string         `json:"Effect"`
	Action    texts          `json:"Action"`
	NotAction texts          `json:"NotAction"`
	Resource  texts          `json:"Resource"`
	Condition map[string]any `json:"Condition"`
}

// texts that may stand alone or in a list.
type texts []string

// UnmarshalJSON reads a string or a list of strings.
func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = texts{one}
		return nil
	}
	if err := json.Unmarshal(data, (*[]string)(t)); err != nil {
		return fmt.Errorf("read list of strings: %w", err)
	}
	return nil
}

// Parse reads a policy's document.
func Parse(document string) (Policy, error) {
	var read struct {
		Statement []statement `json:"Statement"`
	}
	if err := json.Unmarshal([]byte(document), &read); err != nil {
		return Policy{}, fmt.Errorf("read service control policy: %w", err)
	}
	return Policy{statements: read.Statement}, nil
}

// Denies is the id of the first statement that denies the request; empty if there is none.
func (p Policy) Denies(r Request) string {
	for _, s := range p.statements {
		if s.Effect == "Deny" && s.about(r.Action) && s.holds(r) {
			return s.Sid
		}
	}
	return ""
}

// about tells whether a statement is about an action.
func (s statement) about(action string) bool {
	if len(s.NotAction) > 0 {
		return !matchesOne(s.NotAction, action)
	}
	return matchesOne(s.Action, action)
}

// holds tells whether all conditions of a statement hold.
func (s statement) holds(r Request) bool {
	for operator, keys := range s.Condition {
		byKey, _ := keys.(map[string]any)
		for key, value := range byKey {
			if known, held := condition(operator, key, Texts(value), r); known && !held {
				return false
			}
		}
	}
	return true
}

// condition evaluates one condition, if its operator and key are known.
func condition(operator, key string, values []string, r Request) (known, held bool) {
	switch operator + " " + key {
	case "StringNotEquals aws:RequestedRegion":
		return true, !slices.Contains(values, r.Region)
	case "ArnNotLike aws:PrincipalArn":
		return true, !matchesOne(values, r.Principal)
	case "ArnLike aws:PrincipalArn":
		return true, matchesOne(values, r.Principal)
	default:
		return false, false
	}
}

// Texts are a text or a list of them, as a policy has either.
func Texts(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		var all []string
		for _, element := range value {
			all = append(all, Texts(element)...)
		}
		return all
	default:
		return nil
	}
}

func matchesOne(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return Matches(pattern, text) })
}

// Matches tells whether a pattern of IAM fits a text: a star stands for any characters, a question mark for one, and case does not count in actions.
func Matches(pattern, text string) bool {
	expression := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile(`(?i)^` + expression + `$`).MatchString(text)
}

package vet

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/compositions"
)

// Limits of policies in characters, white space not counted (IAM user guide: IAM and AWS STS quotas; SQS developer guide: quotas; S3 user guide: bucket
// policies; KMS developer guide: quotas; SNS API: SetTopicAttributes).
const (
	limitManaged = 6144
	limitInline  = 10240 // All inline policies of a role together.
	limitTrust   = 2048
	limitQueue   = 8192
	limitBucket  = 20480
	limitKey     = 32768
	limitTopic   = 30720
	limitImages  = 10240 // Amazon ECR user guide: service quotas.
	limitControl = 5120  // AWS Organizations user guide: quotas.
	limitPeople  = 32768 // IAM Identity Center user guide: quotas.
)

// strings that may stand alone or in a list.
type texts []string

// UnmarshalJSON reads a string or a list of strings.
func (t *texts) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*t = texts{""}
		if err := json.Unmarshal(data, &(*t)[0]); err != nil {
			return fmt.Errorf("read string: %w", err)
		}
		return nil
	}
	if err := json.Unmarshal(data, (*[]string)(t)); err != nil {
		return fmt.Errorf("read list of strings: %w", err)
	}
	return nil
}

// policy is a policy document as far as it is checked (IAM user guide: grammar of the policy language).
type policy struct {
	Version   string `json:"Version"`
	ID        string `json:"Id"`
	Statement []struct {
		Sid       string                    `json:"Sid"`
		Effect    string                    `json:"Effect"`
		Principal any                       `json:"Principal"`
		Action    texts                     `json:"Action"`
		NotAction texts                     `json:"NotAction"`
		Resource  texts                     `json:"Resource"`
		Condition map[string]map[string]any `json:"Condition"`
	} `json:"Statement"`
}

// policyField is where a kind has a policy document, and how long it may be.
type policyField struct {
	field string
	limit int
	// principal tells that statements name who, because the document belongs to what is accessed.
	principal bool
	// implied tells that documents have no Resource: it is what they belong to.
	implied bool
	// control tells service control policies, which only deny, and whose denials may spare actions (NotAction).
	control bool
}

// policyFields are the fields with policy documents.
func policyFields() map[string]policyField {
	return map[string]policyField{
		"iam.aws.upbound.io/Policy":           {field: "policy", limit: limitManaged},
		"iam.aws.upbound.io/RolePolicy":       {field: "policy", limit: limitInline},
		"iam.aws.upbound.io/Role":             {field: "assumeRolePolicy", limit: limitTrust, principal: true, implied: true},
		"sqs.aws.upbound.io/QueuePolicy":      {field: "policy", limit: limitQueue, principal: true},
		"s3.aws.upbound.io/BucketPolicy":      {field: "policy", limit: limitBucket, principal: true},
		"sns.aws.upbound.io/TopicPolicy":      {field: "policy", limit: limitTopic, principal: true},
		"kms.aws.upbound.io/Key":              {field: "policy", limit: limitKey, principal: true},
		"ecr.aws.upbound.io/RepositoryPolicy": {field: "policy", limit: limitImages, principal: true, implied: true},

		"organizations.aws.upbound.io/Policy":               {field: "content", limit: limitControl, control: true},
		"ssoadmin.aws.upbound.io/PermissionSetInlinePolicy": {field: "inlinePolicy", limit: limitPeople},
	}
}

// policies checks the policy document of a resource, if it has one.
func (v *vetter) policies(r resource) {
	where, ok := policyFields()[r.kind]
	if !ok {
		return
	}
	text, ok := at(r.object, "spec", "forProvider", where.field).(string)
	if !ok {
		return
	}
	path := "spec.forProvider." + where.field
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	var document policy
	if err := decoder.Decode(&document); err != nil {
		v.addf(r, path, "this is no policy document: %v", err)
		return
	}
	if n := length(text); n > where.limit {
		v.addf(r, path, "the policy has %d characters: AWS allows %d", n, where.limit)
	}
	if document.Version != "2012-10-17" {
		v.addf(r, path, "the policy has the version %q: allowed is 2012-10-17", document.Version)
	}
	sids := map[string]bool{}
	for i, s := range document.Statement {
		at := fmt.Sprintf("%s: Statement[%d]", path, i)
		if s.Sid == "" || sids[s.Sid] {
			v.addf(r, at, "a statement needs a Sid of its own, found %q", s.Sid)
		}
		sids[s.Sid] = true
		if s.Effect != "Allow" && s.Effect != "Deny" {
			v.addf(r, at, "Effect is %q: allowed are Allow and Deny", s.Effect)
		}
		if len(s.NotAction) > 0 && (!where.control || len(s.Action) > 0) {
			v.addf(r, at, "NotAction is for service control policies, in place of Action")
		}
		if where.control && s.Effect == "Allow" {
			v.addf(r, at, "a service control policy of genops only denies")
		}
		if len(s.Action)+len(s.NotAction) == 0 || len(s.Resource) == 0 && !where.implied {
			v.addf(r, at, "a statement names actions and resources")
		}
		if (s.Principal != nil) != where.principal {
			v.addf(r, at, "a policy of this kind has a Principal in each statement: %t, found: %t", where.principal, s.Principal != nil)
		}
		v.wildcard(r, at, s.Sid, s.Effect, s.Principal, slices.Concat(s.Action, s.NotAction, s.Resource))
	}
	if len(document.Statement) == 0 {
		v.addf(r, path, "the policy has no statement")
	}
}

// wildcard demands the reason for each wildcard, in the annotation beside the document.
func (v *vetter) wildcard(r resource, path, sid, effect string, principal any, values texts) {
	reason, _ := at(r.object, "metadata", "annotations", compositions.AnnotationWildcard+sid).(string)
	if effect == "Allow" && principal == "*" {
		v.addf(r, path, "%s allows everyone: name a principal", sid)
	}
	for _, value := range values {
		if strings.Contains(value, "*") && reason == "" {
			v.addf(r, path, "%s has the wildcard %q: say why in the annotation %s%s, or narrow it", sid, value, compositions.AnnotationWildcard, sid)
			return
		}
	}
}

// inline adds up the inline policies of each role.
func (v *vetter) inline(resources []resource) {
	total := map[string]int{}
	for _, r := range resources {
		if r.kind != "iam.aws.upbound.io/RolePolicy" {
			continue
		}
		text, _ := at(r.object, "spec", "forProvider", "policy").(string)
		role, _ := at(r.object, "spec", "forProvider", "roleRef", "name").(string)
		before := total[role]
		total[role] += length(text)
		if before <= limitInline && total[role] > limitInline && before > 0 {
			v.addf(r, "spec.forProvider.policy", "the inline policies of %s have %d characters together: AWS allows %d", role, total[role], limitInline)
		}
	}
}

// length is the number of characters that IAM counts: all but white space.
func length(text string) int {
	n := 0
	for _, c := range text {
		if !strings.ContainsRune(" \t\r\n", c) {
			n++
		}
	}
	return n
}

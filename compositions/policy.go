package compositions

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// document is an IAM policy document (IAM user guide: JSON policy element reference).
type document struct {
	Version   string      `json:"Version"`
	Statement []statement `json:"Statement"`
}

// statement is one statement of a policy.
type statement struct {
	Sid       string   `json:"Sid"`
	Effect    string   `json:"Effect"`
	Principal any      `json:"Principal,omitempty"`
	Action    []string `json:"Action,omitempty"`
	// NotAction is for denials alone: what they spare.
	NotAction []string `json:"NotAction,omitempty"`
	Resource  []string `json:"Resource,omitempty"`
	// Condition is by operator, then by key.
	Condition map[string]map[string]any `json:"Condition,omitempty"`
	// Wildcard says why there is a * among the actions or resources. It stands beside the document, in an annotation of the resource.
	Wildcard string `json:"-"`
}

// wide tells whether a statement has a wildcard.
func (s statement) wide() bool {
	return strings.Contains(strings.Join(slices.Concat(s.Action, s.NotAction, s.Resource), " "), "*")
}

// conditions of a statement.
type conditions = map[string]map[string]any

const (
	allow = "Allow"
	deny  = "Deny"
)

func newDocument(statements ...statement) document {
	return document{Version: "2012-10-17", Statement: statements}
}

// text is the document without white space: its characters count towards the limits of IAM.
func (d document) text() string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(d); err != nil {
		panic(err) // Strings, lists and maps of them always encode.
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// trust is the policy of who may assume a role: an AWS service.
func trust(service string, actions ...string) document {
	return newDocument(statement{Sid: "Service", Effect: allow, Principal: map[string]any{"Service": service}, Action: actions})
}

// podIdentityTrust lets the pods of one service account of one cluster assume a role. EKS Pod Identity sets these session tags itself (EKS user
// guide: grant pods access to AWS resources based on tags).
func podIdentityTrust(clusterARN, namespace, serviceAccount string) document {
	return newDocument(statement{
		Sid: "PodIdentity", Effect: allow, Principal: map[string]any{"Service": "pods.eks.amazonaws.com"},
		Action: []string{"sts:AssumeRole", "sts:TagSession"},
		Condition: conditions{"StringEquals": {
			"aws:RequestTag/eks-cluster-arn":            clusterARN,
			"aws:RequestTag/kubernetes-namespace":       namespace,
			"aws:RequestTag/kubernetes-service-account": serviceAccount,
		}},
	})
}

// thisKey is the reason for the wildcard in the policy of a key.
const thisKey = "In the policy of a key * is this key."

// accountsKey gives a key to the policies of its account.
func accountsKey(meta schema.ClaimMeta) statement {
	return statement{
		Sid: "Account", Effect: allow, Principal: fields{"AWS": iamARN(meta, "root")}, Resource: []string{"*"}, Wildcard: thisKey,
		Action: []string{
			"kms:CancelKeyDeletion", "kms:CreateAlias", "kms:CreateGrant", "kms:Decrypt", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey",
			"kms:DisableKeyRotation", "kms:EnableKey", "kms:EnableKeyRotation", "kms:Encrypt", "kms:GenerateDataKey",
			"kms:GenerateDataKeyWithoutPlaintext", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListGrants", "kms:ListKeyPolicies",
			"kms:ListResourceTags", "kms:PutKeyPolicy", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:RetireGrant", "kms:RevokeGrant",
			"kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
		},
	}
}

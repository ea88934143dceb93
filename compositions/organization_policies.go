package compositions

import (
	"maps"
	"slices"

	"github.com/innovate-inc/genops/schema"
)

// ControlPolicies are the documents of the service control policies that an Organization claim makes, by name.
func ControlPolicies(spec *schema.OrganizationSpec) map[string]string {
	texts := map[string]string{}
	documents := controlDocuments(spec)
	for _, name := range usedPolicies(spec) {
		texts[name] = documents[name].text()
	}
	return texts
}

// usedPolicies are the names of the policies that are attached to something, sorted.
func usedPolicies(spec *schema.OrganizationSpec) []string {
	used := map[string]bool{}
	for _, name := range spec.RootPolicies {
		used[name] = true
	}
	for _, unit := range spec.Units {
		for _, name := range unit.Policies {
			used[name] = true
		}
	}
	return slices.Sorted(maps.Keys(used))
}

// denial is why a service control policy has wildcards.
const denial = "A denial: the wider, the less there is to find around it."

// controlDocuments are the documents of all policies, built-in ones and the organization's own. Service control policies allow nothing: they say what
// rights in an account do not reach. AWS exempts the management account and service-linked roles.
func controlDocuments(spec *schema.OrganizationSpec) map[string]document {
	roles := "arn:" + schema.Partition(spec.Region) + ":iam::*:"
	// ArnNotLike of a key that is missing holds: only who is known to be Crossplane is spared.
	exempt := conditions{"ArnNotLike": {"aws:PrincipalArn": roles + "role/" + spec.ProvisionerRole}}
	denies := func(s statement) document {
		s.Effect, s.Resource, s.Wildcard = deny, []string{"*"}, denial
		return newDocument(s)
	}
	documents := map[string]document{
		schema.PolicyDenyLeaving:  denies(statement{Sid: "DenyLeaving", Action: []string{"organizations:LeaveOrganization"}}),
		schema.PolicyProtectAudit: denies(statement{Sid: "ProtectAudit", Action: auditActions(), Condition: exempt}),
		schema.PolicyRegions: denies(statement{
			Sid: "Regions", NotAction: globalActions(), Condition: conditions{"StringNotEquals": {"aws:RequestedRegion": spec.Regions}},
		}),
		schema.PolicyDenyRoot: denies(statement{
			Sid: "DenyRoot", Action: []string{"*"}, Condition: conditions{"ArnLike": {"aws:PrincipalArn": roles + "root"}},
		}),
		schema.PolicyDenyIAMUsers: denies(statement{Sid: "DenyUsers", Action: []string{
			"iam:AddUserToGroup", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreateUser", "iam:PutUserPolicy",
		}}),
	}
	for _, policy := range spec.Policies {
		statements := make([]statement, 0, len(policy.Statements))
		for _, own := range policy.Statements {
			s := statement{Sid: own.Sid, Effect: deny, Action: own.Actions, Resource: own.Resources}
			if s.wide() {
				s.Wildcard = denial
			}
			if own.ExemptProvisioner {
				s.Condition = exempt
			}
			statements = append(statements, s)
		}
		documents[policy.Name] = newDocument(statements...)
	}
	return documents
}

// auditActions end, blind or empty what records and watches an account.
func auditActions() []string {
	return []string{
		"access-analyzer:DeleteAnalyzer",
		"cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "cloudtrail:PutInsightSelectors", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail",
		"config:DeleteConfigurationRecorder", "config:DeleteDeliveryChannel", "config:DeleteRetentionConfiguration", "config:PutConfigurationRecorder",
		"config:PutDeliveryChannel", "config:StopConfigurationRecorder",
		"guardduty:DeleteDetector", "guardduty:DeleteMembers", "guardduty:DisassociateFromAdministratorAccount", "guardduty:DisassociateMembers",
		"guardduty:StopMonitoringMembers", "guardduty:UpdateDetector",
		"securityhub:BatchDisableStandards", "securityhub:DeleteMembers", "securityhub:DisableSecurityHub",
		"securityhub:DisassociateFromAdministratorAccount", "securityhub:DisassociateMembers",
	}
}

// globalActions are services without regions, or with one of AWS's choice (AWS Organizations user guide: deny access to AWS based on the requested
// region). STS has an endpoint for all regions, and people ask for support and look at their bill from anywhere.
func globalActions() []string {
	return []string{
		"account:*", "artifact:*", "aws-portal:*", "billing:*", "budgets:*", "ce:*", "chatbot:*", "cloudfront:*", "consolidatedbilling:*", "cur:*",
		"directconnect:*", "ec2:DescribeRegions", "ec2:DescribeTransitGateways", "freetier:*", "globalaccelerator:*", "health:*", "iam:*", "invoicing:*",
		"kms:DescribeKey", "kms:ListAliases", "networkmanager:*", "organizations:*", "payments:*", "pricing:*", "route53:*", "route53domains:*",
		"s3:GetAccountPublicAccessBlock", "s3:ListAllMyBuckets", "s3:PutAccountPublicAccessBlock", "savingsplans:*", "shield:*", "sso:*", "sts:*",
		"support:*", "supportapp:*", "tax:*", "trustedadvisor:*", "waf:*", "waf-regional:*",
	}
}

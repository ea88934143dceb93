package check

import (
	"fmt"
	"slices"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// Packages are the AWS provider packages that an environment's claims need, by claim: Crossplane knows the kinds that a claim is made of only if
// the platform installs them.
func Packages(e *schema.Environment) map[string][]string {
	needed := map[string][]string{}
	if e.Network != nil {
		needed[schema.ClaimNetwork] = []string{"ec2"}
		if e.Network.FlowLogs.Enabled {
			needed[schema.ClaimNetwork] = []string{"cloudwatchlogs", "ec2", "iam", "kms"}
		}
	}
	if e.Cluster != nil {
		needed[schema.ClaimCluster] = []string{"cloudwatchevents", "cloudwatchlogs", "ec2", "eks", "iam", "kms", "sqs"}
	}
	if e.Registry != nil {
		needed[schema.ClaimRegistry] = []string{"ecr", "iam", "kms"}
		if e.Registry.Scanning.Type == schema.ScanEnhanced {
			needed[schema.ClaimRegistry] = append(needed[schema.ClaimRegistry], "inspector2")
		}
	}
	if e.Database != nil {
		needed[schema.ClaimDatabase] = []string{"cloudwatch", "cloudwatchlogs", "ec2", "kms", "rds", "ssm"}
		if e.Database.Replica != nil {
			needed[schema.ClaimDatabase] = append(needed[schema.ClaimDatabase], "secretsmanager")
		}
	}
	if e.StateBackend != nil {
		needed[schema.ClaimStateBackend] = []string{"dynamodb", "iam", "kms", "s3"}
	}
	if e.HasBaseline() {
		needed[schema.ClaimBaseline] = baselinePackages(e)
	}
	if e.Edge != nil {
		needed[schema.ClaimEdge] = edgePackages(e)
	}
	if e.Organization != nil {
		needed[schema.ClaimOrganization] = organizationPackages(e.Organization)
	}
	if e.Observability != nil {
		needed[schema.ClaimObservability] = observabilityPackages(e)
	}
	return needed
}

func organizationPackages(o *schema.Organization) []string {
	needed := []string{"organizations"}
	if o.IdentityCenter == nil {
		return needed
	}
	for _, group := range o.IdentityCenter.Groups {
		if group.ID == "" {
			needed = append(needed, "identitystore")
			break
		}
	}
	if len(o.IdentityCenter.PermissionSets) > 0 {
		needed = append(needed, "ssoadmin")
	}
	return needed
}

func observabilityPackages(e *schema.Environment) []string {
	needed := []string{"cloudwatch", "kms", "sns"}
	if e.Cluster != nil {
		needed = append(needed, "amp", "cloudwatchlogs", "eks", "iam")
		if e.Observability.Grafana.Enabled {
			needed = append(needed, "grafana")
		}
	}
	if e.Observability.Receivers.Slack != nil {
		needed = append(needed, "cloudcontrol", "iam")
	}
	slices.Sort(needed)
	return slices.Compact(needed)
}

func edgePackages(e *schema.Environment) []string {
	if !e.Serves() {
		return []string{"route53"}
	}
	needed := []string{"acm", "cloudfront", "cloudwatchlogs", "kms", "route53", "wafv2"}
	if e.Edge.SPA.Enabled || e.Edge.Logs.Access {
		needed = append(needed, "s3")
	}
	if e.ReachesLoadBalancer() {
		needed = append(needed, "ec2", "eks", "iam") // eks, for ExternalDNS.
	}
	return needed
}

func baselinePackages(e *schema.Environment) []string {
	needed := []string{"accessanalyzer", "configservice", "ec2", "guardduty", "iam", "kms", "s3", "securityhub"}
	if e.Baseline.AccountWide {
		needed = append(needed, "budgets", "s3control")
	}
	if e.Baseline.Trail != nil {
		needed = append(needed, "cloudtrail")
		if e.Baseline.Trail.Logs.Enabled {
			needed = append(needed, "cloudwatchlogs")
		}
	}
	return needed
}

// packages checks that the platform installs what claims are made of: of a kind that is missing, Crossplane says no more than that it waits. A package
// is one problem, at the first claim that needs it.
func packages(r *report) {
	const services = "versions.packages.services"
	type need struct {
		environment    *schema.Environment
		service, claim string
		others         int
	}
	var missing []need
	for _, e := range r.config.Environments {
		if e.Account == "" {
			continue
		}
		needed := Packages(e)
		for _, claim := range claimOrder() {
			for _, service := range needed[claim] {
				if slices.Contains(r.config.Platform.Versions.Packages.Services, service) {
					continue
				}
				if i := slices.IndexFunc(missing, func(n need) bool { return n.service == service }); i >= 0 {
					missing[i].others++
					continue
				}
				missing = append(missing, need{environment: e, service: service, claim: claim})
			}
		}
	}
	for _, n := range missing {
		message := fmt.Sprintf("the platform does not install the provider package %s, which the %s needs", n.service, n.claim)
		if n.others > 0 {
			message += ", as " + problem.Plural(n.others, "other claim") + " of the platform do"
		}
		p := r.error(n.environment, fieldOf(n.claim), message, fmt.Sprintf("add %q to platform: %s", n.service, services))
		p.Related = []problem.Related{{Position: r.config.Position("", services), Message: "the packages are listed here"}}
	}
}

// fieldOf is the field of an environment that a claim comes from: its name, but for the one with a dash in it.
func fieldOf(claim string) string {
	if claim == schema.ClaimStateBackend {
		return "stateBackend"
	}
	return claim
}

// claimOrder are the claims, in the order in which they are reported.
func claimOrder() []string {
	return []string{
		schema.ClaimNetwork, schema.ClaimCluster, schema.ClaimRegistry, schema.ClaimDatabase, schema.ClaimEdge, schema.ClaimStateBackend,
		schema.ClaimBaseline, schema.ClaimOrganization, schema.ClaimObservability,
	}
}

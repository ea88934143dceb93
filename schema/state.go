package schema

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// StateBackend is where teams that still use Terraform keep its states. An empty Bucket means the name that StateBucket makes.
type StateBackend struct {
	Bucket string `json:"bucket,omitempty"`
	// NoncurrentDays is how many days an older version of a state stays, beside the KeepVersions newest ones, which stay for ever.
	NoncurrentDays int                  `json:"noncurrentDays"`
	KeepVersions   int                  `json:"keepVersions"`
	Teams          map[string]StateTeam `json:"teams"`
}

// StateTeam is a team with states of its own. An empty Prefix means the team's name.
type StateTeam struct {
	Prefix     string   `json:"prefix,omitempty"`
	Principals []string `json:"principals"`
}

// StateBackendSpec is the spec of a StateBackend claim (#StateBackendSpec).
type StateBackendSpec struct {
	ClaimMeta      `json:",inline"`
	Bucket         string          `json:"bucket"`
	NoncurrentDays int             `json:"noncurrentDays"`
	KeepVersions   int             `json:"keepVersions"`
	Teams          []StateTeamSpec `json:"teams"`
}

// StateTeamSpec is a team of a StateBackend claim.
type StateTeamSpec struct {
	Name       string   `json:"name"`
	Prefix     string   `json:"prefix"`
	Principals []string `json:"principals"`
}

// Roles are the team's roles that are of an account (own), and those that are of others.
func (t StateTeamSpec) Roles(account string) (own, others []string) {
	for _, principal := range t.Principals {
		if RoleAccount(principal) == account {
			own = append(own, principal)
		} else {
			others = append(others, principal)
		}
	}
	return own, others
}

// RoleAccount is the account in an ARN; empty if that is none.
func RoleAccount(arn string) string { return arnPart(arn, 4) } //nolint:mnd // arn:partition:service:region:account:resource.

// ARNPartition is the partition of AWS in an ARN; empty if that is none.
func ARNPartition(arn string) string { return arnPart(arn, 1) }

// arnPart is a part of an ARN (AWS General Reference, ARN format).
func arnPart(arn string, n int) string {
	const parts = 6
	p := strings.SplitN(arn, ":", parts)
	if len(p) < parts {
		return ""
	}
	return p[n]
}

// PrefixWithin tells whether keys below one prefix are below another one as well.
func PrefixWithin(inner, outer string) bool { return strings.HasPrefix(inner+"/", outer+"/") }

// StateBucket is the name of the environment's bucket for Terraform's states. Names are the whole world's, so the account is part of the default.
func (e *Environment) StateBucket() string {
	// S3 takes names as long as RDS does (S3 user guide: bucket naming rules).
	return cmp.Or(e.StateBackend.Bucket, shortenIdentifier(e.Prefix()+"-terraform-state-"+e.Account))
}

// StateTable is the name of the lock table of an environment of a project.
func StateTable(project, environment string) string {
	return project + "-" + environment + "-terraform-locks"
}

// Resolved are the teams, sorted by name, with nothing left to be defaulted.
func (s *StateBackend) Resolved() []StateTeamSpec {
	teams := []StateTeamSpec{}
	for _, name := range slices.Sorted(maps.Keys(s.Teams)) {
		team := s.Teams[name]
		teams = append(teams, StateTeamSpec{Name: name, Prefix: cmp.Or(team.Prefix, name), Principals: append([]string{}, team.Principals...)})
	}
	return teams
}

// StateBackendClaim resolves an environment's state backend into the spec of its claim.
func (e *Environment) StateBackendClaim() StateBackendSpec {
	return StateBackendSpec{
		ClaimMeta:      e.Meta(ClaimStateBackend),
		Bucket:         e.StateBucket(),
		NoncurrentDays: e.StateBackend.NoncurrentDays,
		KeepVersions:   e.StateBackend.KeepVersions,
		Teams:          e.StateBackend.Resolved(),
	}
}

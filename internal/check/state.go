package check

import (
	"fmt"
	"strings"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// What a StateBackend claim takes (#StateBackendSpec), and what the policy of a bucket has room for beside what it always says (S3 user guide: bucket
// policies: 20 KB).
const (
	maxStateTeams      = 30
	maxBucketStatement = 18000
)

// Beginnings and ends of names that S3 keeps for itself (S3 user guide: bucket naming rules).
func reservedBuckets() (beginnings, ends []string) {
	return []string{"xn--", "sthree-", "amzn-s3-demo-"}, []string{"-s3alias", "--ol-s3", "--x-s3", "--table-s3"}
}

// stateBackend checks where an environment's teams keep the states of Terraform.
func stateBackend(r *report, e *schema.Environment) {
	const field = "stateBackend"
	if e.Account == "" {
		r.error(e, field, e.Name+" is only planned: without an account there is no bucket", "give it account: \"...\", or remove the stateBackend")
	}
	stateBucket(r, e)
	teams := e.StateBackend.Resolved()
	if len(teams) > maxStateTeams {
		r.error(e, field+".teams", fmt.Sprintf("%d teams: allowed are %d", len(teams), maxStateTeams))
	}
	for i, team := range teams {
		for j, other := range teams {
			if i != j && schema.PrefixWithin(team.Prefix, other.Prefix) && (team.Prefix != other.Prefix || i > j) {
				prefixes(r, e, team, other)
			}
		}
		statePrincipals(r, e, team)
	}
	if n := bucketStatements(e, teams); n > maxBucketStatement {
		r.error(e, field+".teams", fmt.Sprintf("the roles of other accounts make %d characters of the bucket's policy: allowed are %d", n, maxBucketStatement),
			"let a team's roles become one role, and name that one")
	}
}

// stateBucket checks the name of the bucket: S3's rules, and the names that crossplane-provisioner may make.
func stateBucket(r *report, e *schema.Environment) {
	const field = "stateBackend.bucket"
	name := e.StateBackend.Bucket
	if name == "" {
		return
	}
	if !strings.HasPrefix(name, e.Project+"-") {
		r.error(e, field, fmt.Sprintf("%q does not begin with %q: crossplane-provisioner may make no other bucket", name, e.Project+"-"),
			"write bucket: \""+e.Project+"-"+name+"\", or leave it out")
	}
	beginnings, ends := reservedBuckets()
	for _, beginning := range beginnings {
		if strings.HasPrefix(name, beginning) {
			r.error(e, field, fmt.Sprintf("%q begins with %s, which S3 keeps for itself", name, beginning))
		}
	}
	for _, end := range ends {
		if strings.HasSuffix(name, end) {
			r.error(e, field, fmt.Sprintf("%q ends in %s, which S3 keeps for itself", name, end))
		}
	}
}

// prefixes reports a team whose states another one would reach.
func prefixes(r *report, e *schema.Environment, team, other schema.StateTeamSpec) {
	field := func(t schema.StateTeamSpec) string {
		if e.StateBackend.Teams[t.Name].Prefix == "" {
			return "stateBackend.teams." + t.Name
		}
		return "stateBackend.teams." + t.Name + ".prefix"
	}
	message := fmt.Sprintf("%s is within the prefix %s of %s, who would reach all states of %s", team.Prefix, other.Prefix, other.Name, team.Name)
	if team.Prefix == other.Prefix {
		message = fmt.Sprintf("%s is the prefix of %s already: each would reach the states of the other", team.Prefix, other.Name)
	}
	p := r.error(e, field(team), message, "give each team a prefix of its own, such as "+team.Name)
	p.Related = []problem.Related{r.related(e, field(other), other.Name+"'s is set here")}
}

// statePrincipals checks that a team's roles can be given its policy.
func statePrincipals(r *report, e *schema.Environment, team schema.StateTeamSpec) {
	for i, principal := range team.Principals {
		field := fmt.Sprintf("stateBackend.teams.%s.principals[%d]", team.Name, i)
		switch {
		case schema.ARNPartition(principal) != e.Partition():
			r.error(e, field, fmt.Sprintf("%s is of another partition of AWS than %s", principal, e.Region))
		case schema.RoleAccount(principal) == e.Account && strings.Contains(principal, ":role/aws-"):
			// IAM user guide: UnmodifiableEntity. Those of IAM Identity Center are below aws-reserved.
			r.error(e, field, fmt.Sprintf("%s is kept by an AWS service, and nobody else gives it a policy", principal),
				"name the policy "+e.Prefix()+"-state-"+team.Name+" in the permission set, or let the role become another one")
		}
	}
}

// bucketStatements is how many characters the roles of other accounts make of the bucket's policy: two statements for each team that has some, which
// name roles, their accounts, the bucket and the prefix.
func bucketStatements(e *schema.Environment, teams []schema.StateTeamSpec) int {
	const statements, each, account = 2, 300, 40
	n := 0
	for _, team := range teams {
		_, roles := team.Roles(e.Account)
		if len(roles) == 0 {
			continue
		}
		n += statements * (each + len(team.Name) + 2*len(team.Prefix) + len(e.StateBucket())) //nolint:mnd // At most twice in one statement.
		for _, role := range roles {
			n += statements * (len(role) + len(`"",`) + account)
		}
	}
	return n
}

// stateBuckets checks that no two environments want the same bucket: names are the whole world's.
func stateBuckets(r *report) {
	buckets := map[string]*schema.Environment{}
	for _, e := range r.config.Environments {
		if e.StateBackend == nil {
			continue
		}
		other, taken := buckets[e.StateBucket()]
		if !taken {
			buckets[e.StateBucket()] = e
			continue
		}
		p := r.error(e, "stateBackend.bucket", fmt.Sprintf("%s is %s's bucket: names of buckets are the whole world's", e.StateBucket(), other.Name))
		p.Related = []problem.Related{r.related(other, "stateBackend.bucket", other.Name+"'s is set here")}
	}
}

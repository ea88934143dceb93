package check

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// secretName matches names of variables and tags that usually hold a secret.
var secretName = regexp.MustCompile(`(?i)(passw(or)?d|secret|token|credentials?|(api|private|access)[_-]?key)$`)

// labels checks what becomes a tag of everything: who may look at a resource may read its tags.
func labels(r *report, e *schema.Environment) {
	secret(r, e, "owner", e.Owner)
	secret(r, e, "costCenter", e.CostCenter)
	for _, key := range slices.Sorted(maps.Keys(e.Tags)) {
		field := "tags." + key
		if strings.ContainsAny(key, `.[" `) {
			field = "tags." + strconv.Quote(key)
		}
		if !secret(r, e, field, e.Tags[key]) && secretName.MatchString(key) {
			r.error(e, field, key+" sounds like a secret, and what is written here is in Git and in AWS for everybody to read",
				"keep it in AWS Secrets Manager; or choose another name")
		}
	}
}

// variables checks that a program gets no secret by what is written here.
func variables(r *report, e *schema.Environment, field string, program *schema.Workload) {
	for i, argument := range program.Args {
		secret(r, e, fmt.Sprintf("%s.args[%d]", field, i), argument)
	}
	for _, variable := range slices.Sorted(maps.Keys(program.Env)) {
		if !secret(r, e, field+".env."+variable, program.Env[variable]) && secretName.MatchString(variable) {
			r.error(e, field+".env."+variable, variable+" sounds like a secret, and what is written here is in Git for everybody to read",
				"keep it in AWS Secrets Manager, and bring it into the namespace with an ExternalSecret; or choose another name")
		}
	}
}

// secret reports a value that has the form of a secret, and tells whether it has. The value is not repeated: messages end in the logs of pull requests.
func secret(r *report, e *schema.Environment, field, value string) bool {
	what := schema.Secret(value)
	if what == "" {
		return false
	}
	r.error(e, field, "this has the form of a secret ("+what+"), and what is written here is in Git for everybody to read",
		"take it out, make a new one, because this one is in Git's history, and keep it in AWS Secrets Manager")
	return true
}

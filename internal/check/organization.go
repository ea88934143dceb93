package check

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// organizationID is what AWS calls an organization.
var organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)

// maxEmail is how long the address of an account may be (AWS Organizations API: CreateAccount).
const maxEmail = 64

// organizations checks that the organization is described once.
func organizations(r *report) {
	var first *schema.Environment
	for _, e := range r.config.Environments {
		switch {
		case e.Organization == nil:
		case first == nil:
			first = e
		default:
			p := r.error(e, "organization", fmt.Sprintf("%s has the organization already: allowed is one", first.Name), "describe it in one of the two")
			p.Related = []problem.Related{r.related(first, "organization", first.Name+"'s is set here")}
		}
	}
}

// organization checks an environment's organization.
func organization(r *report, e *schema.Environment) {
	if e.Account != r.config.Platform.ManagementAccount {
		p := r.error(e, "organization", fmt.Sprintf("%s lives in %s, and an organization is managed from its management account, %s",
			e.Name, cmpOr(e.Account, "no account yet"), r.config.Platform.ManagementAccount),
			"describe it in an environment of that account")
		p.Related = []problem.Related{{Position: r.config.Position("", "managementAccount"), Message: "the management account is set here"}}
		return
	}
	adoption(r, e)
	o := &organizationReport{report: r, e: e, o: e.Organization, members: r.config.Members(e.Organization)}
	o.units()
	o.placed()
	o.accounts()
	o.emails()
	o.controlPolicies()
	o.delegated()
	if e.Organization.IdentityCenter != nil {
		o.identityCenter(e.Organization.IdentityCenter)
	}
}

func cmpOr(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// adoption checks that the organization is the one that exists: an account is in one, and AWS makes no second one.
func adoption(r *report, e *schema.Environment) {
	const field = "adopt." + schema.ClaimOrganization
	id, ok := e.Adopt[schema.ClaimOrganization][schema.OrganizationKey]
	switch {
	case !ok:
		r.error(e, "organization", "the id of the organization is missing: genops manages one that exists",
			`write adopt: organization: organization: "o-..."; aws organizations describe-organization shows the id`)
	case !organizationID.MatchString(id):
		r.error(e, field+"."+schema.OrganizationKey, fmt.Sprintf("found %q, allowed is the id of an organization, such as o-a1b2c3d4e5", id))
	}
	for _, key := range slices.Sorted(maps.Keys(e.Adopt[schema.ClaimOrganization])) {
		if strings.HasPrefix(key, schema.AccountKey("")) {
			r.error(e, field+"."+key, "accounts are adopted by the ids of their environments, or by organization.accounts",
				"set account in the environment, or id in organization.accounts")
		}
	}
}

// organizationReport checks the organization of one environment.
type organizationReport struct {
	*report

	e *schema.Environment
	o *schema.Organization
	// members are the names of all accounts that could have a unit.
	members []string
	// told are the accounts that were reported to be in no unit, and those that a misspelt name was probably meant to be.
	told map[string]bool
}

func (o *organizationReport) fail(field, message string, hint ...string) *problem.Problem {
	return o.error(o.e, "organization."+field, message, hint...)
}

// unknown reports a name that is none of those that there are.
func (o *organizationReport) unknown(field, what, name string, known []string) {
	hint := "there are: " + strings.Join(known, ", ")
	if len(known) == 0 {
		hint = ""
	}
	if nearest, ok := problem.Nearest(name, known); ok {
		hint = "did you mean " + nearest + "?"
	}
	o.fail(field, fmt.Sprintf("there is no %s %q", what, name), hint)
}

// account checks that a name is that of a member account, and tells whether it is.
func (o *organizationReport) account(field, name string) bool {
	if slices.Contains(o.members, name) {
		return true
	}
	named := o.config.Environment(name)
	switch {
	case named == nil:
		o.unknown(field, "environment or account", name, o.members)
	case named.Account == o.config.Platform.ManagementAccount:
		o.fail(field, name+" has the management account: no policy reaches it, and people get into it by what is set up by hand")
	default:
		for _, other := range o.members {
			if environment := o.config.Environment(other); environment != nil && sameByMistake(named, environment) {
				break // That is the problem.
			}
			if o.config.MemberID(o.o, other) == named.Account {
				o.fail(field, fmt.Sprintf("%s has the account of %s", name, other), "write "+other+", which stands for both")
			}
		}
	}
	return false
}

// units checks that each unit has the one that it is in, and that no two differ in case alone, which resources' names would not.
func (o *organizationReport) units() {
	keys := map[string]string{}
	missing := map[string]int{} // The errors of units that are not there: one each, however many would be in it.
	for _, path := range slices.Sorted(maps.Keys(o.o.Units)) {
		if i := strings.LastIndex(path, "/"); i >= 0 {
			above := path[:i]
			at, told := missing[above]
			switch _, ok := o.o.Units[above]; {
			case ok:
			case told:
				p := &o.errors[at]
				p.Related = append(p.Related, o.related(o.e, "organization.units."+path, path+" would be in it as well"))
			default:
				missing[above] = len(o.errors)
				o.noUnit(path, above)
			}
		}
		if other, taken := keys[schema.UnitKey(path)]; taken {
			o.fail("units."+path, "it differs from "+other+" in capital letters alone")
		}
		keys[schema.UnitKey(path)] = path
	}
}

// noUnit reports that the unit around another one has no entry.
func (o *organizationReport) noUnit(path, above string) {
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(o.o.Units)), func(other string) bool { return strings.HasPrefix(other, above+"/") })
	hint := fmt.Sprintf("each level has an entry: add %q: {}", above)
	if nearest, ok := problem.Nearest(above, others); ok {
		hint = "did you mean " + nearest + "?"
	}
	o.fail("units."+path, fmt.Sprintf("there is no unit %q", above), hint)
}

// placed checks that each account is in one unit.
func (o *organizationReport) placed() {
	in := map[string]string{}
	o.told = map[string]bool{} // What is misspelt is not reported as missing as well.
	for _, path := range slices.Sorted(maps.Keys(o.o.Units)) {
		for i, name := range o.o.Units[path].Accounts {
			field := fmt.Sprintf("units.%s.accounts[%d]", path, i)
			if !o.account(field, name) {
				if nearest, ok := problem.Nearest(name, o.members); ok {
					o.told[nearest] = true
				}
				continue
			}
			if other, taken := in[name]; taken {
				p := o.fail(field, fmt.Sprintf("the account %s is in %s already", name, other), "an account is in one unit: remove one of the two")
				p.Related = []problem.Related{o.related(o.e, "organization.units."+other+".accounts", "the other unit is here")}
				continue
			}
			in[name] = path
		}
	}
	var outside []string
	for _, name := range o.members {
		if named := o.config.Environment(name); in[name] == "" && !o.told[name] && (named == nil || named.Account != "") {
			outside = append(outside, name)
			o.told[name] = true
		}
	}
	switch len(outside) {
	case 0:
	case 1:
		o.fail("units", fmt.Sprintf("the account %s is in no unit: no policy of a unit would reach it", outside[0]),
			fmt.Sprintf("add %q to accounts of a unit", outside[0]))
	default:
		o.fail("units", fmt.Sprintf("the accounts %s are in no unit: no policy of a unit would reach them", strings.Join(outside, ", ")),
			"name each in accounts of a unit")
	}
}

// accounts checks what is said of accounts: each id belongs to one.
func (o *organizationReport) accounts() {
	owners := map[string]string{o.config.Platform.ManagementAccount: "the management account"}
	for _, name := range o.members {
		if e := o.config.Environment(name); e != nil && e.Account != "" {
			owners[e.Account] = name + "'s"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.o.Accounts)) {
		field, id := "accounts."+name, o.o.Accounts[name].ID
		if named := o.config.Environment(name); named != nil {
			if o.account(field, name) && id != "" {
				o.fail(field+".id", "the id of an environment's account is the environment's own field account", "remove it here")
			}
			continue
		}
		if id == "" {
			continue
		}
		if owner, taken := owners[id]; taken {
			o.fail(field+".id", fmt.Sprintf("%s is %s already: an account stands once", id, owner), "name the environment in the unit, or correct the id")
		}
		owners[id] = name + "'s"
	}
}

// emails checks that each account has an address of its own, which AWS demands among all accounts that there are.
func (o *organizationReport) emails() {
	owners := map[string]string{}
	for _, name := range o.members {
		field := "accountEmail"
		if o.o.Accounts[name].Email != "" {
			field = "accounts." + name + ".email"
		}
		email := o.o.MemberEmail(name)
		if len(email) > maxEmail {
			o.fail(field, fmt.Sprintf("%s's address %s has %d characters: allowed are %d", name, email, len(email), maxEmail),
				"give it an email in organization.accounts")
		}
		if owner, taken := owners[strings.ToLower(email)]; taken {
			other := owner
			if o.o.Accounts[name].Email == "" && o.o.Accounts[owner].Email != "" {
				field, email, other = "accounts."+owner+".email", o.o.Accounts[owner].Email, name // The one that was written by itself.
			}
			o.fail(field, fmt.Sprintf("%s is %s's address: each account has one of its own", email, other),
				"most mail servers bring aws+a-name@... to the mailbox aws@...")
		}
		owners[strings.ToLower(email)] = name
	}
}

// manyManagers is the one service of schema.DelegableServices that AWS lets several accounts manage (AWS Organizations user guide, services that
// work with Organizations: GuardDuty, Security Hub, Inspector and IAM Access Analyzer take one).
const manyManagers = "config.amazonaws.com"

// delegated checks the accounts that manage a service: what may not act in the organization cannot be delegated.
func (o *organizationReport) delegated() {
	managers := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(o.o.DelegatedAdministrators)) {
		field := "delegatedAdministrators." + name
		o.account(field, name)
		for i, service := range o.o.DelegatedAdministrators[name].Services {
			where := fmt.Sprintf("%s.services[%d]", field, i)
			switch {
			case !slices.Contains(schema.DelegableServices(), service):
				o.fail(where, "Crossplane's role may not delegate "+service, "leave it out, and delegate it by hand (docs/ORGANIZATION.md)")
			case !slices.Contains(o.o.ServiceAccess, service):
				o.fail(where, service+" is not in organization.serviceAccess", "add it there")
			case managers[service] != "" && service != manyManagers:
				p := o.fail(where, fmt.Sprintf("%s is managed by %s already: AWS allows one account", service, managers[service]), "remove one of the two")
				p.Related = []problem.Related{o.related(o.e, "organization.delegatedAdministrators."+managers[service], managers[service]+"'s services are set here")}
			}
			managers[service] = cmpOr(managers[service], name)
		}
	}
}

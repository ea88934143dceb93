package check

import (
	"cmp"
	"fmt"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// baseline checks what an environment says of its account.
func baseline(r *report, e *schema.Environment) {
	const field = "baseline"
	if t := e.Baseline.Trail; t != nil {
		trail(r, e, t)
	}
	if !e.HasBaseline() || !e.Baseline.AccountWide || e.Account == "" {
		return
	}
	budget := e.Baseline.Budget
	if len(r.config.BudgetEmails(e)) == 0 && budget.TopicARN == "" {
		r.error(e, field+".budget", "nobody hears of it: the budget has neither emails nor topicARN, and the platform has no budgetEmails",
			"set budgetEmails: [\"costs@"+r.config.Platform.Domain+"\"] in the platform, or baseline: budget: emails in the environment")
	}
	if len(budget.Actual)+len(budget.Forecasted) == 0 {
		r.error(e, field+".budget", "neither actual nor forecasted has a threshold: nobody would hear of it",
			"leave both out for 80 and 100 per cent, and 100 per cent")
	}
}

// trail checks the trail of the organization: AWS makes one in the management account, or in one that was delegated to, which genops does not do.
func trail(r *report, e *schema.Environment, t *schema.Trail) {
	const field = "baseline.trail"
	switch {
	case !e.Baseline.Enabled:
		p := r.error(e, field, "the baseline is not enabled here, so there would be no trail", "remove the trail, or enabled: false")
		p.Related = []problem.Related{r.related(e, "baseline.enabled", "it is turned off here")}
	case !r.config.InManagementAccount(e):
		account := e.Account
		if account == "" {
			account = "no account"
		}
		p := r.error(e, field, fmt.Sprintf("%s lives in %s: allowed is the management account %s alone", e.Name, account, r.config.Platform.ManagementAccount),
			"describe the trail in the environment of the management account")
		p.Related = []problem.Related{{Position: r.config.Position("", "managementAccount"), Message: "the management account is set here"}}
	}
	if id := e.Adopt[schema.ClaimOrganization][schema.OrganizationKey]; e.Organization != nil && organizationID.MatchString(id) && id != t.OrganizationID {
		p := r.error(e, field+".organizationID", fmt.Sprintf("%s is another organization than the environment's own, which is %s", t.OrganizationID, id),
			"an account is in one organization: aws organizations describe-organization shows its id")
		p.Related = []problem.Related{r.related(e, "adopt."+schema.ClaimOrganization+"."+schema.OrganizationKey, "the organization's id is set here")}
	}
	if t.ArchiveAfterDays >= t.RetentionDays {
		r.error(e, field+".archiveAfterDays", fmt.Sprintf("log files move after %d days and go after %d: allowed is less", t.ArchiveAfterDays, t.RetentionDays))
	}
}

// unwatched warns where the baseline of a prod account is turned off, and no other environment makes it.
func unwatched(r *report, e *schema.Environment, watched map[place]*schema.Environment) {
	if e.Stage != schema.StageProd || e.Account == "" || e.Baseline == nil || e.Baseline.Enabled || watched[place{e.Account, e.Region}] != nil {
		return
	}
	r.warning(e, "account-unwatched", "baseline.enabled",
		fmt.Sprintf("nothing watches the account %s of %s in %s: no GuardDuty, Security Hub, AWS Config or budget", e.Account, e.Name, e.Region))
}

// place is an account and, but for what it has once, a region.
type place struct{ account, region string }

// baselines checks that no account has two baselines in a region, nor twice what it has once, and that the organization has one trail.
func baselines(r *report) {
	inRegion, inAccount := map[place]*schema.Environment{}, map[string]*schema.Environment{}
	var withTrail *schema.Environment
	for _, e := range r.config.Environments {
		if !e.HasBaseline() || e.Account == "" {
			continue
		}
		here := place{e.Account, e.Region}
		if other := cmp.Or(inRegion[here], inAccount[e.Account]); other != nil && sameByMistake(e, other) {
			continue // That is the problem, and accounts says so.
		}
		if other, taken := inRegion[here]; taken {
			p := r.error(e, "baseline", fmt.Sprintf("%s makes the baseline of %s in %s already: allowed is one", other.Name, e.Account, e.Region),
				"set baseline: enabled: false in one of the two")
			p.Related = []problem.Related{r.related(other, "account", other.Name+"'s account is set here")}
			continue
		}
		inRegion[here] = e
		if e.Baseline.AccountWide {
			if other, taken := inAccount[e.Account]; taken {
				p := r.error(e, "baseline", fmt.Sprintf("%s makes what %s has once already: password policy, block of public buckets and budget", other.Name, e.Account),
					"set baseline: accountWide: false in one of the two")
				p.Related = []problem.Related{r.related(other, "account", other.Name+"'s account is set here")}
			} else {
				inAccount[e.Account] = e
			}
		}
		if e.Baseline.Trail != nil {
			if withTrail != nil {
				p := r.error(e, "baseline.trail", fmt.Sprintf("%s has the trail of the organization already: allowed is one", withTrail.Name), "remove one of the two")
				p.Related = []problem.Related{r.related(withTrail, "baseline.trail", withTrail.Name+"'s is set here")}
				continue
			}
			withTrail = e
		}
	}
	for _, e := range r.config.Environments {
		unwatched(r, e, inRegion)
	}
}

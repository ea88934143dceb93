package schema

import "slices"

// Baseline is what an environment's account has whatever runs in it.
type Baseline struct {
	Enabled     bool        `json:"enabled"`
	AccountWide bool        `json:"accountWide"`
	GuardDuty   GuardDuty   `json:"guardDuty"`
	SecurityHub SecurityHub `json:"securityHub"`
	Config      Recording   `json:"config"`
	Passwords   Passwords   `json:"passwords"`
	Budget      CostBudget  `json:"budget"`
	Trail       *Trail      `json:"trail,omitempty"`
}

// GuardDuty is where Amazon GuardDuty looks for threats.
type GuardDuty struct {
	Frequency  string `json:"frequency"`
	Kubernetes bool   `json:"kubernetes"`
	S3         bool   `json:"s3"`
	Malware    bool   `json:"malware"`
}

// SecurityHub is what AWS Security Hub holds the account against.
type SecurityHub struct {
	Standards []string `json:"standards"`
}

// Recording is how AWS Config records changes.
type Recording struct {
	Recording     string `json:"recording"`
	RetentionDays int    `json:"retentionDays"`
}

// RecordDaily is how changes are recorded where much changes.
const RecordDaily = "daily"

// Passwords are the rules for passwords of IAM users.
type Passwords struct {
	MinimumLength   int `json:"minimumLength"`
	ReusePrevention int `json:"reusePrevention"`
	MaxAgeDays      int `json:"maxAgeDays"`
}

// CostBudget is what an account may cost in a month. Thresholds are percentages of the amount.
type CostBudget struct {
	AmountUSD  int      `json:"amountUSD"`
	Actual     []int    `json:"actual"`
	Forecasted []int    `json:"forecasted"`
	Emails     []string `json:"emails"`
	TopicARN   string   `json:"topicARN,omitempty"`
}

// Trail is the organization's trail.
type Trail struct {
	OrganizationID   string    `json:"organizationID"`
	ArchiveAfterDays int       `json:"archiveAfterDays"`
	RetentionDays    int       `json:"retentionDays"`
	Logs             TrailLogs `json:"logs"`
}

// TrailLogs is the trail's copy in CloudWatch Logs.
type TrailLogs struct {
	Enabled       bool `json:"enabled"`
	RetentionDays int  `json:"retentionDays"`
}

// AccountBaselineSpec is the spec of an AccountBaseline claim (#AccountBaselineSpec).
type AccountBaselineSpec struct {
	ClaimMeta   `json:",inline"`
	GuardDuty   GuardDuty   `json:"guardDuty"`
	SecurityHub SecurityHub `json:"securityHub"`
	Config      Recording   `json:"config"`
	Analyzer    string      `json:"analyzer"`
	Passwords   *Passwords  `json:"passwords,omitempty"`
	Budget      *CostBudget `json:"budget,omitempty"`
	Trail       *TrailSpec  `json:"trail,omitempty"`
}

// TrailSpec is the organization's trail, resolved. LogRetentionDays is 0 without a copy in CloudWatch Logs.
type TrailSpec struct {
	OrganizationID   string `json:"organizationID"`
	ArchiveAfterDays int    `json:"archiveAfterDays"`
	RetentionDays    int    `json:"retentionDays"`
	LogRetentionDays int    `json:"logRetentionDays,omitempty"`
}

// What an access analyzer looks at.
const (
	AnalyzeAccount      = "ACCOUNT"
	AnalyzeOrganization = "ORGANIZATION"
)

// HasBaseline tells whether the environment makes the baseline of its account and region.
func (e *Environment) HasBaseline() bool { return e.Baseline != nil && e.Baseline.Enabled }

// InManagementAccount tells whether an environment lives in the account that owns the organization.
func (c *Config) InManagementAccount(e *Environment) bool {
	return e.Account == c.Platform.ManagementAccount
}

// BudgetEmails are who gets e-mails of an environment's budget: its own, or the platform's.
func (c *Config) BudgetEmails(e *Environment) []string {
	if len(e.Baseline.Budget.Emails) > 0 {
		return e.Baseline.Budget.Emails
	}
	return c.Platform.BudgetEmails
}

// BaselineClaim resolves an environment's baseline into the spec of its claim.
func (c *Config) BaselineClaim(e *Environment) AccountBaselineSpec {
	baseline := e.Baseline
	spec := AccountBaselineSpec{
		ClaimMeta:   e.Meta(ClaimBaseline),
		GuardDuty:   baseline.GuardDuty,
		SecurityHub: SecurityHub{Standards: slices.Sorted(slices.Values(baseline.SecurityHub.Standards))},
		Config:      baseline.Config,
		Analyzer:    AnalyzeAccount,
	}
	if c.InManagementAccount(e) {
		spec.Analyzer = AnalyzeOrganization
	}
	if baseline.AccountWide {
		spec.Passwords = &baseline.Passwords
		spec.Budget = &CostBudget{
			AmountUSD: baseline.Budget.AmountUSD, Actual: sortedThresholds(baseline.Budget.Actual), Forecasted: sortedThresholds(baseline.Budget.Forecasted),
			Emails: append([]string{}, c.BudgetEmails(e)...), TopicARN: baseline.Budget.TopicARN,
		}
	}
	if baseline.Trail != nil {
		spec.Trail = &TrailSpec{
			OrganizationID: baseline.Trail.OrganizationID, ArchiveAfterDays: baseline.Trail.ArchiveAfterDays, RetentionDays: baseline.Trail.RetentionDays,
		}
		if baseline.Trail.Logs.Enabled {
			spec.Trail.LogRetentionDays = baseline.Trail.Logs.RetentionDays
		}
	}
	return spec
}

// sortedThresholds is a list in its order, and never nil.
func sortedThresholds(thresholds []int) []int {
	sorted := append([]int{}, thresholds...)
	slices.Sort(sorted)
	return sorted
}

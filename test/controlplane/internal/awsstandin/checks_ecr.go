package awsstandin

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// checkImages checks what an image registry is made of.
func (c *cloud) checkImages(r *resource) error {
	switch r.kind.name {
	case "Repository":
		return checkRepository(r)
	case "RegistryScanningConfiguration":
		return checkScanning(r)
	case "Enabler":
		if accounts := texts(r.params, "accountIds"); !slices.Equal(accounts, []string{r.place.account}) {
			return fmt.Errorf("AccessDeniedException: %s is not the delegated administrator of %v", r.place.account, accounts)
		}
		return nil
	}
	if name := text(r.params, "repository"); c.lookup(r.place, kindRepository, name) == nil {
		return missing(kindRepository, name)
	}
	if r.kind.name == "LifecyclePolicy" {
		return checkLifecycle(text(r.params, "policy"))
	}
	var policy struct {
		Statement []map[string]any
	}
	if err := json.Unmarshal([]byte(text(r.params, "policy")), &policy); err != nil {
		return fmt.Errorf("InvalidParameterException: Invalid repository policy provided: %w", err)
	}
	for _, statement := range policy.Statement {
		if statement["Principal"] == nil || statement["Resource"] != nil {
			return errors.New("InvalidParameterException: Invalid repository policy provided: a statement has a principal and no resource")
		}
	}
	return nil
}

// repositoryName is what ECR takes as the name of a repository (Amazon ECR API: CreateRepository).
var repositoryName = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*$`)

func checkRepository(r *resource) error {
	if !repositoryName.MatchString(r.identity) {
		return fmt.Errorf("InvalidParameterException: Invalid parameter at 'repositoryName': %q", r.identity)
	}
	exclusions, _ := at(r.params, "imageTagMutabilityExclusionFilter").([]any)
	switch mutability := text(r.params, "imageTagMutability"); {
	case mutability == "IMMUTABLE_WITH_EXCLUSION" && len(exclusions) > 0, mutability == "IMMUTABLE" && len(exclusions) == 0, mutability == "MUTABLE":
		return nil
	default:
		return fmt.Errorf("InvalidParameterException: imageTagMutability %s with %d exclusion filters", mutability, len(exclusions))
	}
}

// checkScanning checks the one setting of a registry: only Inspector scans continuously.
func checkScanning(r *resource) error {
	rules, _ := at(r.params, "rule").([]any)
	for _, rule := range rules {
		if text(r.params, "scanType") == "BASIC" && text(rule, "scanFrequency") == "CONTINUOUS_SCAN" {
			return errors.New("ValidationException: CONTINUOUS_SCAN is not a scan frequency of BASIC")
		}
	}
	return nil
}

// puts tells the kinds that AWS has no creation for: what is put there takes the place of what was there.
func puts(k kind) bool {
	return k.group == groupECR && k.name != "Repository" || k.group == groupInspector || ofAccount(k) ||
		k.group == groupS3 && k.name != "Bucket" || k.full() == groupIAM+"/RolePolicyAttachment"
}

// checkLifecycle checks a lifecycle policy (Amazon ECR user guide: lifecycle policy parameters).
func checkLifecycle(source string) error {
	var policy struct {
		Rules []struct {
			Priority  int `json:"rulePriority"`
			Selection struct {
				TagStatus string   `json:"tagStatus"`
				Patterns  []string `json:"tagPatternList"`
				Count     int      `json:"countNumber"`
			} `json:"selection"`
		} `json:"rules"`
	}
	if err := json.Unmarshal([]byte(source), &policy); err != nil {
		return fmt.Errorf("InvalidParameterException: Lifecycle policy validation failure: %w", err)
	}
	priorities := map[int]bool{}
	for _, rule := range policy.Rules {
		if priorities[rule.Priority] || rule.Selection.Count < 1 || (rule.Selection.TagStatus == "tagged") != (len(rule.Selection.Patterns) > 0) {
			return fmt.Errorf("InvalidParameterException: Lifecycle policy validation failure: rule %d", rule.Priority)
		}
		priorities[rule.Priority] = true
	}
	if len(policy.Rules) == 0 {
		return errors.New("InvalidParameterException: Lifecycle policy validation failure: there is no rule")
	}
	return nil
}

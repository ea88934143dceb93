package awsstandin

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// checkOther checks the kinds outside of EC2 and EKS.
func (c *cloud) checkOther(r *resource) error {
	switch r.kind.name {
	case "Role":
		return checkDocument(r.params, "assumeRolePolicy")
	case "Policy", "Key":
		return checkDocument(r.params, "policy")
	case "RolePolicy", "RolePolicyAttachment":
		if role := text(r.params, "role"); c.lookup(r.place, kindRole, role) == nil {
			return missing(kindRole, role)
		}
		return checkDocument(r.params, "policy")
	case "OpenIDConnectProvider":
		if url := text(r.params, "url"); !strings.HasPrefix(url, "https://") {
			return fmt.Errorf("InvalidInput: Invalid Open ID Connect Provider URL %q", url)
		}
	case "Alias":
		if id := keyID(text(r.params, "targetKeyId")); c.lookup(r.place, kindKey, id) == nil {
			return missing(kindKey, id)
		}
	case "QueuePolicy":
		if url := text(r.params, "queueUrl"); c.lookup(r.place, kindQueue, url) == nil {
			return missing(kindQueue, url)
		}
		return checkDocument(r.params, "policy")
	case "Rule":
		if pattern := text(r.params, "eventPattern"); pattern != "" && !json.Valid([]byte(pattern)) {
			return errors.New("InvalidEventPatternException: Event pattern is not valid")
		}
	case "Repository", "LifecyclePolicy", "RepositoryPolicy", "RegistryScanningConfiguration", "Enabler":
		return c.checkImages(r)
	case "Table":
		return checkTable(r)
	case "Target":
		name := text(r.params, "rule")
		if bus(r.params) != "default" {
			name = bus(r.params) + "/" + name
		}
		if c.lookup(r.place, groupEvents+"/Rule", name) == nil {
			return fmt.Errorf("ResourceNotFoundException: Rule %s does not exist on EventBus %s", text(r.params, "rule"), bus(r.params))
		}
	}
	return nil
}

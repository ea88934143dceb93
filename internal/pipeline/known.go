package pipeline

import (
	"fmt"
	"path"

	"github.com/innovate-inc/genops/internal/problem"
)

// Installed warns of defects that are known in what the platform installs: VPC endpoints with a provider that makes their associations again for
// ever.
func (in *Input) Installed() []problem.Problem {
	installed := in.Config.Platform.Versions.Packages.ProviderAWS.Version
	broken := in.Config.ProviderFacts.EndpointAssociationsBroken
	if !broken.Contains(installed) {
		return nil
	}
	for _, e := range in.Selected {
		if e.Network == nil || len(e.Network.Endpoints.Gateway)+len(e.Network.Endpoints.Interface) == 0 {
			continue
		}
		return []problem.Problem{{
			Position: in.Config.Position("", "versions.packages.providerAWS.version"),
			Field:    "platform.versions.packages.providerAWS.version",
			Message: fmt.Sprintf("%s makes the associations of VPC endpoints again for ever, as all versions from %s to %s do; %s has endpoints",
				installed, broken.From, broken.To, e.Name),
			Hint:    "see known issues in " + path.Join(in.prefix, "bootstrap/README.md"),
			Warning: "provider-endpoint-associations",
		}}
	}
	return nil
}

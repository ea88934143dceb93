package awsstandin

import (
	"errors"
	"fmt"
	"strings"
)

// configName is the ProviderConfig of a managed resource.
func configName(object fields) string {
	if name := text(object, "spec", "providerConfigRef", "name"); name != "" {
		return name
	}
	return "default"
}

// placeOf is where a managed resource is: the account of the last role that its ProviderConfig assumes, and its own region.
func placeOf(k kind, object, config fields) (place, error) {
	if config == nil {
		const message = "connect failed: cannot get terraform setup: cannot get referenced ProviderConfig: ProviderConfig.aws.upbound.io %q not found"
		return place{}, fmt.Errorf(message, configName(object))
	}
	chain, _ := at(config, "spec", "assumeRoleChain").([]any)
	if len(chain) == 0 {
		return place{}, fmt.Errorf("connect failed: ProviderConfig %q assumes no role, so its account is not known", configName(object))
	}
	const parts, account = 6, 12
	role := strings.Split(text(chain[len(chain)-1], "roleARN"), ":")
	if len(role) != parts || len(role[4]) != account || strings.Trim(role[4], "0123456789") != "" {
		return place{}, fmt.Errorf("connect failed: cannot assume role: ProviderConfig %q: %q is no ARN of a role", configName(object), strings.Join(role, ":"))
	}
	p := place{partition: role[1], account: role[4]}
	if k.global() {
		return p, nil
	}
	p.region = text(object, "spec", "forProvider", "region")
	if p.region == "" {
		return place{}, errors.New("connect failed: cannot get terraform setup: cannot get region: spec.forProvider.region is empty")
	}
	return p, nil
}

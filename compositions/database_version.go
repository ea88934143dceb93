package compositions

import (
	"strconv"
	"strings"
)

// major is the major version that was asked for.
func (d *database) major() string {
	major, _, _ := strings.Cut(d.spec.Version, ".")
	return major
}

// version says which version of PostgreSQL the cluster has. The major one alone counts when the cluster is made, and later only to upgrade it: what
// AWS upgrades by itself is no difference. The provider leaves out a version that is older than what runs. In a global database the global cluster
// upgrades its members.
func (d *database) version(forProvider, initially fields) {
	if d.spec.Replica != nil {
		initially["engineVersion"] = d.spec.Version
		return
	}
	wanted, upgrade := d.wantedVersion(keyDatabase)
	if wanted == "" {
		initially["engineVersion"] = d.spec.Version
	} else {
		forProvider["engineVersion"] = wanted
	}
	forProvider["allowMajorVersionUpgrade"] = upgrade
}

// wantedVersion is the version that a resource is asked for, and whether that is a higher major version than it has. While nobody knows what it
// has, it keeps what it was asked for.
func (d *database) wantedVersion(key string) (version string, upgrade bool) {
	exact := d.major() != d.spec.Version
	actual := d.observedText(key, "status", "atProvider", "engineVersionActual")
	if actual == "" {
		if _, exists := d.observed.Resources[key]; exists {
			upgrade, _ = at(d.observed.Resources[key], "spec", "forProvider", "allowMajorVersionUpgrade").(bool)
			return d.observedText(key, "spec", "forProvider", "engineVersion"), upgrade
		}
		if exact {
			return d.spec.Version, false
		}
		return "", false
	}
	upgrade = majorNumber(d.spec.Version) > majorNumber(actual)
	if exact || upgrade {
		return d.spec.Version, upgrade
	}
	return "", false
}

// majorNumber is the major version as a number; 0 of what is no version.
func majorNumber(version string) int {
	major, _, _ := strings.Cut(version, ".")
	number, err := strconv.Atoi(major)
	if err != nil {
		return 0
	}
	return number
}

package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

// described is what filters of EC2 see of an object.
type described struct {
	// attributes by the name of their filter.
	attributes map[string]string
	tags       []ec2types.Tag
}

// selected returns the objects that pass every filter. The fake of the module does not serve here: it has its own subnets where none match.
func selected[T any](objects []T, filters []ec2types.Filter, describe func(T) described) ([]T, error) {
	var result []T
	for _, object := range objects {
		passed, err := describe(object).passes(filters)
		if err != nil {
			return nil, err
		}
		if passed {
			result = append(result, object)
		}
	}
	return result, nil
}

func (d described) passes(filters []ec2types.Filter) (bool, error) {
	for _, filter := range filters {
		name := aws.ToString(filter.Name)
		var passed bool
		switch key, tagged := strings.CutPrefix(name, "tag:"); {
		case tagged:
			passed = slices.ContainsFunc(d.tags, func(t ec2types.Tag) bool {
				return aws.ToString(t.Key) == key && matchesAny(filter.Values, aws.ToString(t.Value))
			})
		case name == "tag-key":
			passed = slices.ContainsFunc(d.tags, func(t ec2types.Tag) bool { return matchesAny(filter.Values, aws.ToString(t.Key)) })
		default:
			value, known := d.attributes[name]
			if !known {
				return false, &smithy.GenericAPIError{Code: "InvalidParameterValue", Message: fmt.Sprintf("The filter '%s' is invalid", name)}
			}
			passed = matchesAny(filter.Values, value)
		}
		if !passed {
			return false, nil
		}
	}
	return true, nil
}

// matchesAny reports whether a value is one of the patterns, in which * stands for any text and ? for any character.
func matchesAny(patterns []string, value string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if !strings.ContainsAny(pattern, "*?") {
			return pattern == value
		}
		expression := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern))
		return regexp.MustCompile(`(?s)^` + expression + `$`).MatchString(value)
	})
}

func ec2Tags(tags map[string]string) []ec2types.Tag {
	var result []ec2types.Tag
	for key, value := range tags {
		result = append(result, ec2types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	return result
}

package awsstandin

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// tableName is what DynamoDB takes (DynamoDB API: CreateTable).
var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// checkTable checks a table of DynamoDB: its name, that it has exactly the attributes which its keys name, and how it is paid.
func checkTable(r *resource) error {
	const invalid = "ValidationException: "
	if !tableName.MatchString(r.identity) {
		return fmt.Errorf(invalid+"1 validation error detected: Value '%s' at 'tableName' failed to satisfy constraint", r.identity)
	}
	var keys []string
	for _, field := range []string{"hashKey", "rangeKey"} {
		if key := text(r.params, field); key != "" {
			keys = append(keys, key)
		}
	}
	if text(r.params, "hashKey") == "" {
		return errors.New(invalid + "No Hash Key specified in schema. All Dynamo DB tables must have exactly one hash key")
	}
	attributes, _ := r.params["attribute"].([]any)
	var named []string
	for _, attribute := range attributes {
		if kind := text(attribute, "type"); !slices.Contains([]string{"S", "N", "B"}, kind) {
			return fmt.Errorf(invalid+"Member must satisfy enum value set: [B, N, S]: %s", kind)
		}
		named = append(named, text(attribute, "name"))
	}
	for _, key := range keys {
		if !slices.Contains(named, key) {
			return fmt.Errorf(invalid+"Some index key attributes are not defined in AttributeDefinitions. Keys: [%s]", key)
		}
	}
	// Indexes would have keys as well: genops makes none.
	if len(named) != len(keys) {
		return errors.New(invalid + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	byRequest := text(r.params, "billingMode") == "PAY_PER_REQUEST"
	for _, capacity := range []string{"readCapacity", "writeCapacity"} {
		if _, set := r.params[capacity]; set == byRequest {
			return fmt.Errorf(invalid+"%s is for tables with provisioned throughput, and for all of these", capacity)
		}
	}
	return nil
}

// protectedTable tells whether DynamoDB refuses to delete a table.
func protectedTable(r *resource) error {
	if r.params["deletionProtectionEnabled"] != true {
		return nil
	}
	return fmt.Errorf("ValidationException: Resource cannot be deleted as it is currently protected against deletion. "+
		"Disable deletion protection first: table %s", r.identity)
}

// tableAttributes are what DynamoDB adds to a table.
func tableAttributes() fields {
	return fields{"tableClass": "STANDARD", "streamEnabled": false, "streamArn": "", "readCapacity": int64(0), "writeCapacity": int64(0)}
}

package awsstandin

import (
	"fmt"
	"strings"
)

// notFound is what AWS says of an id that it does not know.
func notFound(k kind, id string) error { return missing(k.full(), id) }

// missing is the same for a kind by its name.
func missing(kind, id string) error {
	switch kind[strings.Index(kind, "/")+1:] {
	case "VPC":
		return fmt.Errorf("InvalidVpcID.NotFound: The vpc ID '%s' does not exist", id)
	case "Subnet":
		return fmt.Errorf("InvalidSubnetID.NotFound: The subnet ID '%s' does not exist", id)
	case "SecurityGroup", "DefaultSecurityGroup":
		return fmt.Errorf("InvalidGroup.NotFound: The security group '%s' does not exist", id)
	case "RouteTable":
		return fmt.Errorf("InvalidRouteTableID.NotFound: The routeTable ID '%s' does not exist", id)
	case "EIP":
		return fmt.Errorf("InvalidAllocationID.NotFound: The allocation ID '%s' does not exist", id)
	case "InternetGateway":
		return fmt.Errorf("InvalidInternetGatewayID.NotFound: The internetGateway ID '%s' does not exist", id)
	case "NATGateway":
		return fmt.Errorf("NatGatewayNotFound: The Nat Gateway %s does not exist", id)
	case "NetworkACL":
		return fmt.Errorf("InvalidNetworkAclID.NotFound: The networkAcl ID '%s' does not exist", id)
	case "VPCEndpoint":
		return fmt.Errorf("InvalidVpcEndpointId.NotFound: The Vpc Endpoint Id '%s' does not exist", id)
	case "LaunchTemplate":
		return fmt.Errorf("InvalidLaunchTemplateId.NotFound: The specified launch template, with template ID %s, does not exist", id)
	case "Role":
		return fmt.Errorf("NoSuchEntity: The role with name %s cannot be found: it does not exist", id)
	case "Policy":
		return fmt.Errorf("NoSuchEntity: Policy %s does not exist or is not attachable", id)
	case "Key":
		return fmt.Errorf("NotFoundException: Key '%s' does not exist", id)
	case "Repository":
		return fmt.Errorf("RepositoryNotFoundException: The repository with name '%s' does not exist in the registry", id)
	case "Queue":
		return fmt.Errorf("AWS.SimpleQueueService.NonExistentQueue: The specified queue %s does not exist", id)
	case "Cluster":
		return fmt.Errorf("ResourceNotFoundException: No cluster found for name: %s: it does not exist", id)
	default:
		return fmt.Errorf("ResourceNotFoundException: %s '%s' does not exist", kind[strings.Index(kind, "/")+1:], id)
	}
}

// alreadyExists is the code of AWS's answer to a name that is taken.
func alreadyExists(k kind) string {
	switch k.group {
	case groupIAM:
		return "EntityAlreadyExists"
	case groupEKS:
		return "ResourceInUseException"
	case groupKMS:
		return "AlreadyExistsException"
	case groupSQS:
		return "QueueAlreadyExists"
	case groupECR:
		return "RepositoryAlreadyExistsException"
	case groupLogs:
		return "ResourceAlreadyExistsException"
	}
	if k.name == "Route" {
		return "RouteAlreadyExists"
	}
	return "InvalidParameterValue.Duplicate"
}

// throttling is AWS's answer to too many requests.
func throttling(group string) string {
	if group == groupEC2 {
		return "api error RequestLimitExceeded: Request limit exceeded."
	}
	return "api error ThrottlingException: Rate exceeded"
}

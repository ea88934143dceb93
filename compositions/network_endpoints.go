package compositions

import (
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// serviceName is the name of an AWS service's endpoint (AWS PrivateLink user guide: services that integrate).
func serviceName(meta schema.ClaimMeta, service string) string {
	name := "com.amazonaws." + meta.Region + "." + service
	if schema.Partition(meta.Region) == "aws-cn" {
		return "cn." + name
	}
	return name
}

// endpointKey is the key of a service's endpoint: ecr.api becomes endpoint-ecr-api.
func endpointKey(service string) string { return "endpoint-" + strings.ReplaceAll(service, ".", "-") }

// gatewayEndpoints lets the private subnets reach S3 and DynamoDB without a NAT gateway, through the route tables.
func (n *network) gatewayEndpoints() {
	for _, service := range n.spec.Endpoints.Gateway {
		key := endpointKey(service)
		n.add(key, n.endpoint, fields{
			"vpcIdRef": n.ref(keyVPC), "serviceName": serviceName(n.meta, service), "vpcEndpointType": "Gateway",
		})
		for _, t := range []struct {
			tier    tier
			subnets []schema.Subnet
		}{{tierApp, n.spec.Subnets.PrivateApp}, {tierData, n.spec.Subnets.PrivateData}} {
			for _, s := range t.subnets {
				n.add(key+"-"+string(t.tier)+"-"+s.Zone, n.endpointRouteTable, fields{
					"vpcEndpointIdRef": n.ref(key), "routeTableIdRef": n.ref(t.tier.routeTable(s.Zone)),
				})
			}
		}
	}
}

// interfaceEndpoints puts an address of each service into the private app subnets, for HTTPS from inside the VPC. Subnets and security group are
// associated by kinds of their own: the endpoint has no fields for them.
func (n *network) interfaceEndpoints() {
	if len(n.spec.Endpoints.Interface) == 0 {
		return
	}
	n.add(keyEndpointsGroup, n.securityGroup, fields{
		"vpcIdRef": n.ref(keyVPC), "name": shorten(prefix(n.meta)+"-endpoints", limitSecurityGroup), "description": "HTTPS from inside the VPC to AWS services",
	})
	n.https("endpoints-https", keyEndpointsGroup, n.spec.CIDR)
	if n.spec.PodCIDR != "" {
		n.https("endpoints-https-pods", keyEndpointsGroup, n.spec.PodCIDR)
	}
	for _, service := range n.spec.Endpoints.Interface {
		key := endpointKey(service)
		n.add(key, n.endpoint, fields{
			"vpcIdRef": n.ref(keyVPC), "serviceName": serviceName(n.meta, service), "vpcEndpointType": "Interface", "privateDnsEnabled": true,
		})
		n.add(key+"-security-group", n.endpointSecurityGroup, fields{
			"vpcEndpointIdRef": n.ref(key), "securityGroupIdRef": n.ref(keyEndpointsGroup),
			// Otherwise the VPC's default group stays beside it.
			"replaceDefaultAssociation": true,
		})
		for _, s := range n.spec.Subnets.PrivateApp {
			n.add(key+"-"+s.Zone, n.endpointSubnet, fields{"vpcEndpointIdRef": n.ref(key), "subnetIdRef": n.ref(tierApp.subnet(s.Zone))})
		}
	}
}

// https lets a range reach port 443 of a security group of this claim.
func (b *builder) https(key, group, cidr string) {
	const port = 443
	b.add(key, b.ingressRule, fields{
		"securityGroupIdRef": b.ref(group), "cidrIpv4": cidr, "ipProtocol": "tcp", "fromPort": int64(port), "toPort": int64(port),
		"description": "HTTPS from inside the VPC",
	})
}

// flowLogs records traffic in a log group of its own. The role lets the flow logs service write there and nowhere else.
func (n *network) flowLogs() {
	if !n.spec.FlowLogs.Enabled {
		return
	}
	const group, role = "flow-logs-group", "flow-logs-role"
	name := shorten("/aws/vpc/"+prefix(n.meta)+"/flow-logs", limitLogGroup)
	n.addLogs(logs{key: group, group: name, alias: prefix(n.meta) + "-flow-logs", region: n.meta.Region, days: n.spec.FlowLogs.RetentionDays})
	flowLogARN := arn(n.meta, "ec2", "vpc-flow-log/*")
	n.add(role, n.role, fields{"description": "Flow logs of " + prefix(n.meta)}).
		external(shorten(prefix(n.meta)+"-flow-logs", limitRole)).
		withPolicy("assumeRolePolicy", newDocument(statement{
			Sid: "FlowLogs", Effect: allow, Principal: fields{"Service": "vpc-flow-logs.amazonaws.com"}, Action: []string{"sts:AssumeRole"},
			// Not on behalf of another account (Amazon VPC user guide: IAM role for publishing flow logs).
			Condition: conditions{"StringEquals": {"aws:SourceAccount": n.meta.Account}, "ArnLike": {"aws:SourceArn": flowLogARN}},
		}))
	n.add("flow-logs-role-policy", n.rolePolicy, fields{"roleRef": n.ref(role)}).
		external("write").
		withPolicy("policy", newDocument(statement{
			Sid: "Write", Effect: allow,
			Action:   []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
			Resource: []string{arn(n.meta, "logs", "log-group:"+name+":*")},
			Wildcard: "The service names the streams of the group itself.",
		}, statement{
			Sid: "Find", Effect: allow, Action: []string{"logs:DescribeLogGroups"}, Resource: []string{arn(n.meta, "logs", "log-group:*")},
			Wildcard: "Log groups are listed by prefix, which needs the right for the account and region.",
		}))
	// AWS cannot change which traffic is recorded, so it is part of the key: a change makes a new record and ends the old one.
	key := "flow-logs-" + strings.ToLower(n.spec.FlowLogs.Traffic)
	n.add(key, n.flowLog, fields{
		"vpcIdRef": n.ref(keyVPC), "trafficType": n.spec.FlowLogs.Traffic, "logDestinationType": "cloud-watch-logs", "logDestinationRef": n.ref(group),
		"iamRoleArnRef": n.ref(role), "maxAggregationInterval": int64(600),
	})
	n.usage(n.own(role, n.role), n.own(key, n.flowLog), "Flow logs are delivered with this role.")
}

package connector

import (
	"context"

	"baton-codecov/interop/internal/codecov"

	connectorv2 "github.com/conductorone/baton-sdk/pb/c1/connector/v2"
	"github.com/conductorone/baton-sdk/pkg/types/entitlement"
	"github.com/conductorone/baton-sdk/pkg/types/grant"
	"github.com/conductorone/baton-sdk/pkg/types/resource"
)

const (
	memberSlug = "member"
	adminSlug  = "admin"
)

var organizationType = connectorv2.ResourceType_builder{
	Id:          "org",
	DisplayName: "Organization",
}.Build()

// organizationSyncer reads who belongs to the organization and who administers it.
type organizationSyncer struct {
	client *codecov.Client
}

func (s *organizationSyncer) ResourceType(context.Context) *connectorv2.ResourceType {
	return organizationType
}

// List gives the one organization that is configured.
func (s *organizationSyncer) List(context.Context, *connectorv2.ResourceId, resource.SyncOpAttrs) ([]*connectorv2.Resource, *resource.SyncOpResults, error) {
	organization, err := resource.NewResource(s.client.Owner(), organizationType, s.client.Owner())
	if err != nil {
		return nil, nil, err
	}
	return []*connectorv2.Resource{organization}, &resource.SyncOpResults{}, nil
}

// Entitlements are membership and administration.
func (s *organizationSyncer) Entitlements(_ context.Context, organization *connectorv2.Resource, _ resource.SyncOpAttrs) ([]*connectorv2.Entitlement, *resource.SyncOpResults, error) {
	return []*connectorv2.Entitlement{
		entitlement.NewAssignmentEntitlement(organization, memberSlug, entitlement.WithGrantableTo(userType)),
		entitlement.NewPermissionEntitlement(organization, adminSlug, entitlement.WithGrantableTo(userType)),
	}, &resource.SyncOpResults{}, nil
}

// Grants reads the roster page by page.
func (s *organizationSyncer) Grants(ctx context.Context, organization *connectorv2.Resource, attributes resource.SyncOpAttrs) ([]*connectorv2.Grant, *resource.SyncOpResults, error) {
	return listPage(ctx, s.client, codecov.Everybody, attributes, func(member codecov.Member) ([]*connectorv2.Grant, error) {
		grants := []*connectorv2.Grant{grant.NewGrant(organization, memberSlug, userID(member))}
		if member.IsAdmin {
			grants = append(grants, grant.NewGrant(organization, adminSlug, userID(member)))
		}
		return grants, nil
	})
}

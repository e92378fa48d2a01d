package connector

import (
	"context"

	"baton-codecov/interop/internal/codecov"

	connectorv2 "github.com/conductorone/baton-sdk/pb/c1/connector/v2"
	"github.com/conductorone/baton-sdk/pkg/annotations"
	"github.com/conductorone/baton-sdk/pkg/types/resource"
)

var userType = connectorv2.ResourceType_builder{
	Id:          "user",
	DisplayName: "User",
	Traits:      []connectorv2.ResourceType_Trait{connectorv2.ResourceType_TRAIT_USER},
	Annotations: annotations.New(&connectorv2.SkipEntitlementsAndGrants{}),
}.Build()

type userSyncer struct {
	client *codecov.Client
}

func (s *userSyncer) ResourceType(context.Context) *connectorv2.ResourceType {
	return userType
}

// List reads one page per call.
func (s *userSyncer) List(ctx context.Context, _ *connectorv2.ResourceId, attributes resource.SyncOpAttrs) ([]*connectorv2.Resource, *resource.SyncOpResults, error) {
	return listPage(ctx, s.client, codecov.Everybody, attributes, func(member codecov.Member) ([]*connectorv2.Resource, error) {
		user, err := newUser(member)
		return []*connectorv2.Resource{user}, err
	})
}

// Entitlements has nothing to list: users hold access, they do not offer it.
func (s *userSyncer) Entitlements(context.Context, *connectorv2.Resource, resource.SyncOpAttrs) ([]*connectorv2.Entitlement, *resource.SyncOpResults, error) {
	return nil, &resource.SyncOpResults{}, nil
}

// Grants has nothing to list either.
func (s *userSyncer) Grants(context.Context, *connectorv2.Resource, resource.SyncOpAttrs) ([]*connectorv2.Grant, *resource.SyncOpResults, error) {
	return nil, &resource.SyncOpResults{}, nil
}

func newUser(member codecov.Member) (*connectorv2.Resource, error) {
	status := connectorv2.UserTrait_Status_STATUS_DISABLED
	if member.Activated {
		status = connectorv2.UserTrait_Status_STATUS_ENABLED
	}
	displayName := member.Name
	if displayName == "" {
		displayName = member.Username
	}
	return resource.NewUserResource(displayName, userType, member.Username, []resource.UserTraitOption{
		resource.WithStatus(status),
		resource.WithUserLogin(member.Username),
		resource.WithEmail(member.Email, true),
		resource.WithUserProfile(map[string]any{
			"username":  member.Username,
			"name":      member.Name,
			"email":     member.Email,
			"service":   member.Service,
			"is_admin":  member.IsAdmin,
			"activated": member.Activated,
		}),
	})
}

package connector

import (
	"context"
	"fmt"
	"strconv"

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

// List reads one page per call; the page token is the number of the page.
func (s *userSyncer) List(ctx context.Context, _ *connectorv2.ResourceId, attributes resource.SyncOpAttrs) ([]*connectorv2.Resource, *resource.SyncOpResults, error) {
	page := 1
	if token := attributes.PageToken.Token; token != "" {
		number, err := strconv.Atoi(token)
		if err != nil {
			return nil, nil, fmt.Errorf("page token %q is no page number: %w", token, err)
		}
		page = number
	}

	members, limits, err := s.client.ListMembers(ctx, page)
	results := &resource.SyncOpResults{Annotations: annotations.New(limits)}
	if err != nil {
		return nil, results, fmt.Errorf("list members, page %d: %w", page, err)
	}
	users := make([]*connectorv2.Resource, 0, len(members.Results))
	for _, member := range members.Results {
		user, err := newUser(member)
		if err != nil {
			return nil, results, err
		}
		users = append(users, user)
	}
	if members.Next != "" {
		results.NextPageToken = strconv.Itoa(page + 1)
	}
	return users, results, nil
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

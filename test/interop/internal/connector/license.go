package connector

import (
	"context"

	"baton-codecov/interop/internal/codecov"

	connectorv2 "github.com/conductorone/baton-sdk/pb/c1/connector/v2"
	"github.com/conductorone/baton-sdk/pkg/annotations"
	"github.com/conductorone/baton-sdk/pkg/types/entitlement"
	"github.com/conductorone/baton-sdk/pkg/types/grant"
	"github.com/conductorone/baton-sdk/pkg/types/resource"
)

const assignedSlug = "assigned"

var licenseType = connectorv2.ResourceType_builder{
	Id:          "license",
	DisplayName: "License",
	Traits:      []connectorv2.ResourceType_Trait{connectorv2.ResourceType_TRAIT_LICENSE_PROFILE},
}.Build()

// licenseSyncer reads, gives and takes seats.
type licenseSyncer struct {
	client *codecov.Client
}

func (s *licenseSyncer) ResourceType(context.Context) *connectorv2.ResourceType {
	return licenseType
}

// List gives the organization's one license with the number of seats in use.
func (s *licenseSyncer) List(ctx context.Context, _ *connectorv2.ResourceId, _ resource.SyncOpAttrs) ([]*connectorv2.Resource, *resource.SyncOpResults, error) {
	consumed, err := s.client.CountSeats(ctx)
	if err != nil {
		return nil, nil, err
	}
	license, err := resource.NewResource("Codecov seats", licenseType, s.client.Owner())
	if err != nil {
		return nil, nil, err
	}
	err = resource.WithLicenseProfileTrait(
		resource.WithLicenseName("Codecov seats"),
		resource.WithLicenseSeats(0, consumed),
		resource.WithLicenseEntitlementIDs(entitlement.NewEntitlementID(license, assignedSlug)),
	)(license)
	if err != nil {
		return nil, nil, err
	}
	return []*connectorv2.Resource{license}, &resource.SyncOpResults{}, nil
}

// Entitlements is the seat.
func (s *licenseSyncer) Entitlements(_ context.Context, license *connectorv2.Resource, _ resource.SyncOpAttrs) ([]*connectorv2.Entitlement, *resource.SyncOpResults, error) {
	seat := entitlement.NewAssignmentEntitlement(license, assignedSlug, entitlement.WithGrantableTo(userType))
	return []*connectorv2.Entitlement{seat}, &resource.SyncOpResults{}, nil
}

// Grants reads the members with a seat page by page.
func (s *licenseSyncer) Grants(ctx context.Context, license *connectorv2.Resource, attributes resource.SyncOpAttrs) ([]*connectorv2.Grant, *resource.SyncOpResults, error) {
	return listPage(ctx, s.client, codecov.SeatHolders, attributes, func(member codecov.Member) ([]*connectorv2.Grant, error) {
		return []*connectorv2.Grant{grant.NewGrant(license, assignedSlug, userID(member))}, nil
	})
}

// Grant gives a seat.
func (s *licenseSyncer) Grant(ctx context.Context, principal *connectorv2.Resource, seat *connectorv2.Entitlement) ([]*connectorv2.Grant, annotations.Annotations, error) {
	if err := s.client.SetSeat(ctx, principal.GetId().GetResource(), true); err != nil {
		return nil, nil, err
	}
	return []*connectorv2.Grant{grant.NewGrant(seat.GetResource(), assignedSlug, principal.GetId())}, nil, nil
}

// Revoke takes a seat.
func (s *licenseSyncer) Revoke(ctx context.Context, held *connectorv2.Grant) (annotations.Annotations, error) {
	return nil, s.client.SetSeat(ctx, held.GetPrincipal().GetId().GetResource(), false)
}

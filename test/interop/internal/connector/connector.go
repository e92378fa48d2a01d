// Package connector is the reference connector: the members of an organization and, if wanted, the organization
// and its seats with who holds what.
package connector

import (
	"context"

	"baton-codecov/interop/internal/codecov"

	connectorv2 "github.com/conductorone/baton-sdk/pb/c1/connector/v2"
	"github.com/conductorone/baton-sdk/pkg/annotations"
	"github.com/conductorone/baton-sdk/pkg/connectorbuilder"
)

// Connector joins the client and the resource types for the SDK.
type Connector struct {
	client     *codecov.Client
	withAccess bool
}

// New makes a connector; it asks Codecov nothing yet. Without access it reads users only.
func New(client *codecov.Client, withAccess bool) *Connector {
	return &Connector{client: client, withAccess: withAccess}
}

// Metadata describes the connector to whoever configures it.
func (c *Connector) Metadata(context.Context) (*connectorv2.ConnectorMetadata, error) {
	return connectorv2.ConnectorMetadata_builder{
		DisplayName: "Codecov",
		Description: "Reads the members of a Codecov organization",
	}.Build(), nil
}

// Validate tries the credentials by reading the first page.
func (c *Connector) Validate(ctx context.Context) (annotations.Annotations, error) {
	_, _, err := c.client.ListMembers(ctx, codecov.Everybody, 1)
	return nil, err
}

// ResourceSyncers lists what the connector reads.
func (c *Connector) ResourceSyncers(context.Context) []connectorbuilder.ResourceSyncerV2 {
	syncers := []connectorbuilder.ResourceSyncerV2{&userSyncer{client: c.client}}
	if c.withAccess {
		syncers = append(syncers, &organizationSyncer{client: c.client}, &licenseSyncer{client: c.client})
	}
	return syncers
}

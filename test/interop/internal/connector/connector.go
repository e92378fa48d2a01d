// Package connector is the reference connector: one resource type, the members of an organization.
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
	client *codecov.Client
}

// New makes a connector; it asks Codecov nothing yet.
func New(client *codecov.Client) *Connector {
	return &Connector{client: client}
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
	_, _, err := c.client.ListMembers(ctx, 1)
	return nil, err
}

// ResourceSyncers lists what the connector reads.
func (c *Connector) ResourceSyncers(context.Context) []connectorbuilder.ResourceSyncerV2 {
	return []connectorbuilder.ResourceSyncerV2{&userSyncer{client: c.client}}
}

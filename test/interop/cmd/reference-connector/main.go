// reference-connector reads the members of a Codecov organization the way a connector written on the Go SDK
// usually does: page by page, in the order and size of the API's own pages. Its files and its speed are what the
// connector in this repository is compared with.
package main

import (
	"context"

	"baton-codecov/interop/internal/codecov"
	"baton-codecov/interop/internal/connector"

	"github.com/conductorone/baton-sdk/pkg/cli"
	"github.com/conductorone/baton-sdk/pkg/config"
	"github.com/conductorone/baton-sdk/pkg/connectorbuilder"
	"github.com/conductorone/baton-sdk/pkg/field"
	"github.com/spf13/viper"
)

var (
	apiToken = field.StringField(
		"codecov-api-token",
		field.WithDisplayName("API token"),
		field.WithDescription("API token of an organization administrator"),
		field.WithRequired(true),
		field.WithIsSecret(true),
	)
	service = field.SelectField(
		"codecov-service",
		[]string{"github", "gitlab", "bitbucket", "github_enterprise", "gitlab_enterprise", "bitbucket_server"},
		field.WithDisplayName("Git service"),
		field.WithDescription("Git service that hosts the organization"),
		field.WithRequired(true),
	)
	owner = field.StringField(
		"codecov-owner",
		field.WithDisplayName("Organization"),
		field.WithDescription("Slug of the organization"),
		field.WithRequired(true),
	)
	baseURL = field.StringField(
		"codecov-base-url",
		field.WithDisplayName("Base URL"),
		field.WithDescription("Address of the Codecov API"),
		field.WithDefaultValue("https://api.codecov.io"),
	)
	pageSize = field.IntField(
		"codecov-page-size",
		field.WithDisplayName("Page size"),
		field.WithDescription("Members to ask for in one request"),
		field.WithDefaultValue(100),
	)
	access = field.BoolField(
		"codecov-access",
		field.WithDisplayName("Access"),
		field.WithDescription("Read the organization and its seats as well, with who holds what"),
	)
)

func main() {
	schema := field.NewConfiguration(
		[]field.SchemaField{apiToken, service, owner, baseURL, pageSize, access},
		field.WithConnectorDisplayName("Codecov"),
	)
	config.RunConnector(context.Background(), "reference-connector", "interop", schema, newConnector)
}

func newConnector(ctx context.Context, settings *viper.Viper, _ *cli.ConnectorOpts) (connectorbuilder.ConnectorBuilderV2, []connectorbuilder.Opt, error) {
	client, err := codecov.NewClient(ctx, codecov.Settings{
		BaseURL:  settings.GetString(baseURL.FieldName),
		Token:    settings.GetString(apiToken.FieldName),
		Service:  settings.GetString(service.FieldName),
		Owner:    settings.GetString(owner.FieldName),
		PageSize: settings.GetInt(pageSize.FieldName),
	})
	if err != nil {
		return nil, nil, err
	}
	return connector.New(client, settings.GetBool(access.FieldName)), nil, nil
}

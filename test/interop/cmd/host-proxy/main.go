// host-proxy is the SDK's unmodified host in front of a connector that is not written in Go.
//
// A Go connector is its own host: it starts itself again with the subcommand "_connector-service". This program
// does the same, but when it finds that word among its arguments it replaces itself by the connector named in
// INTEROP_CONNECTOR, a JSON array of program and arguments. Arguments, environment, standard input and the
// inherited listener pass through untouched.
//
// INTEROP_CONFIG_SCHEMA names the file with the connector's exported configuration schema, without it the connector
// has no settings of its own; INTEROP_SESSION_STORE=1 makes the host offer its session store.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"

	"baton-codecov/interop/internal/declaration"

	connectorv2 "github.com/conductorone/baton-sdk/pb/c1/connector/v2"
	"github.com/conductorone/baton-sdk/pkg/annotations"
	"github.com/conductorone/baton-sdk/pkg/cli"
	"github.com/conductorone/baton-sdk/pkg/config"
	"github.com/conductorone/baton-sdk/pkg/connectorbuilder"
	"github.com/conductorone/baton-sdk/pkg/connectorrunner"
	"github.com/spf13/viper"
)

const (
	connectorVariable = "INTEROP_CONNECTOR"
	schemaVariable    = "INTEROP_CONFIG_SCHEMA"
	sessionVariable   = "INTEROP_SESSION_STORE"
	childSubcommand   = "_connector-service"
)

func main() {
	if slices.Contains(os.Args[1:], childSubcommand) {
		fail(becomeConnector(os.Args[1:]))
	}
	fail(runHost(context.Background()))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// becomeConnector returns only if the connector could not be started.
func becomeConnector(arguments []string) error {
	command := []string{}
	if err := json.Unmarshal([]byte(os.Getenv(connectorVariable)), &command); err != nil || len(command) == 0 {
		return fmt.Errorf("%s must be a JSON array of the connector's program and arguments", connectorVariable)
	}
	program, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	return syscall.Exec(program, append(command, arguments...), os.Environ())
}

func runHost(ctx context.Context) error {
	schema, err := declaration.Load(os.Getenv(schemaVariable))
	if err != nil {
		return err
	}
	options := []connectorrunner.Option{}
	if os.Getenv(sessionVariable) == "1" {
		options = append(options, connectorrunner.WithSessionStoreEnabled())
	}
	config.RunConnector(ctx, "host-proxy", "interop", schema, newAbsentConnector, options...)
	return nil
}

// absentConnector stands where a Go program has its connector. The host makes one to hand it to the child process,
// and never asks it anything itself.
type absentConnector struct{}

var errAbsent = errors.New("this program holds no connector of its own")

func newAbsentConnector(context.Context, *viper.Viper, *cli.ConnectorOpts) (connectorbuilder.ConnectorBuilderV2, []connectorbuilder.Opt, error) {
	return absentConnector{}, nil, nil
}

func (absentConnector) Metadata(context.Context) (*connectorv2.ConnectorMetadata, error) {
	return nil, errAbsent
}

func (absentConnector) Validate(context.Context) (annotations.Annotations, error) {
	return nil, errAbsent
}

func (absentConnector) ResourceSyncers(context.Context) []connectorbuilder.ResourceSyncerV2 {
	return nil
}

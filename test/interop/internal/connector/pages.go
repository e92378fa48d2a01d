package connector

import (
	"context"
	"fmt"
	"strconv"

	"baton-codecov/interop/internal/codecov"

	connectorv2 "github.com/conductorone/baton-sdk/pb/c1/connector/v2"
	"github.com/conductorone/baton-sdk/pkg/annotations"
	"github.com/conductorone/baton-sdk/pkg/types/resource"
	"github.com/grpc-ecosystem/go-grpc-middleware/logging/zap/ctxzap"
	"go.uber.org/zap"
)

// listPage reads one page of the roster and turns each member into rows. The page token is the page's number.
// Members without a username have nothing that could be their id and are left out.
func listPage[Row any](
	ctx context.Context,
	client *codecov.Client,
	roster codecov.Roster,
	attributes resource.SyncOpAttrs,
	toRows func(codecov.Member) ([]Row, error),
) ([]Row, *resource.SyncOpResults, error) {
	page := 1
	if token := attributes.PageToken.Token; token != "" {
		number, err := strconv.Atoi(token)
		if err != nil {
			return nil, nil, fmt.Errorf("page token %q is no page number: %w", token, err)
		}
		page = number
	}

	members, limits, err := client.ListMembers(ctx, roster, page)
	if err != nil {
		return nil, &resource.SyncOpResults{Annotations: annotations.New(limits)}, err
	}
	all := make([]Row, 0, len(members.Results))
	for _, member := range members.Results {
		if member.Username == "" {
			ctxzap.Extract(ctx).Warn("member without a username left out", zap.String("name", member.Name))
			continue
		}
		rows, err := toRows(member)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, rows...)
	}
	results := &resource.SyncOpResults{Annotations: annotations.New(limits)}
	if members.Next != "" {
		results.NextPageToken = strconv.Itoa(page + 1)
	}
	return all, results, nil
}

func userID(member codecov.Member) *connectorv2.ResourceId {
	return connectorv2.ResourceId_builder{ResourceType: userType.GetId(), Resource: member.Username}.Build()
}

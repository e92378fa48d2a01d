package fakec1

import (
	"context"
	"strings"
	"time"

	batonv1 "github.com/conductorone/baton-sdk/pb/c1/connectorapi/baton/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// service answers the calls of a connector.
type service struct {
	batonv1.UnimplementedBatonServiceServer
	*Server
}

// validated is a message that knows the rules for it.
type validated interface {
	proto.Message
	ValidateAll() error
}

func (s *service) Hello(ctx context.Context, request *batonv1.BatonServiceHelloRequest) (*batonv1.BatonServiceHelloResponse, error) {
	if err := s.receive(ctx, "Hello", request.GetTaskId(), request); err != nil {
		return nil, err
	}
	if request.GetTaskId() != "" {
		s.script.finish(request.GetTaskId())
	}
	return &batonv1.BatonServiceHelloResponse{}, nil
}

func (s *service) GetTask(ctx context.Context, request *batonv1.BatonServiceGetTaskRequest) (*batonv1.BatonServiceGetTaskResponse, error) {
	record := s.read(ctx, "GetTask", request)
	at, task := s.script.notePoll()
	if err := s.settle(record, at, ""); err != nil {
		return nil, err
	}
	return batonv1.BatonServiceGetTaskResponse_builder{
		Task:     task,
		NextPoll: milliseconds(s.scenario.NextPoll),
	}.Build(), nil
}

func (s *service) Heartbeat(ctx context.Context, request *batonv1.BatonServiceHeartbeatRequest) (*batonv1.BatonServiceHeartbeatResponse, error) {
	if err := s.receive(ctx, "Heartbeat", request.GetTaskId(), request); err != nil {
		return nil, err
	}
	return batonv1.BatonServiceHeartbeatResponse_builder{
		NextHeartbeat: milliseconds(s.scenario.NextHeartbeat),
		Cancelled:     s.script.heartbeat(request.GetTaskId()),
	}.Build(), nil
}

func (s *service) FinishTask(ctx context.Context, request *batonv1.BatonServiceFinishTaskRequest) (*batonv1.BatonServiceFinishTaskResponse, error) {
	if err := s.receive(ctx, "FinishTask", request.GetTaskId(), request); err != nil {
		return nil, err
	}
	s.script.finish(request.GetTaskId())
	return &batonv1.BatonServiceFinishTaskResponse{}, nil
}

// receive records a call; the error is what it is to be answered.
func (s *service) receive(ctx context.Context, method, taskID string, request validated) error {
	return s.settle(s.read(ctx, method, request), s.script.note(method, taskID), taskID)
}

// read describes a call and checks its request.
func (s *service) read(ctx context.Context, method string, request validated) *Record {
	record := s.describe(ctx, method)
	record.Request = toJSON(request)
	if err := request.ValidateAll(); err != nil {
		record.Violations = append(record.Violations, err.Error())
	}
	return record
}

// settle completes a record, keeps it and gives the error that the call is to be answered.
func (s *service) settle(record *Record, at place, taskID string) error {
	record.Step = at.step
	if taskID != "" && !s.script.isKnown(taskID) {
		record.Violations = append(record.Violations, "there is no task "+taskID)
	}
	code, reason := codes.OK, ""
	switch {
	case at.fails:
		code, reason = codes.Code(at.fault), "as the scenario wants it"
	case record.Metadata["authorization"] != "Bearer (good)":
		code, reason = codes.Unauthenticated, "the token is not good"
	case len(record.Violations) > 0:
		code, reason = codes.InvalidArgument, strings.Join(record.Violations, "; ")
	}
	record.Code = int(code)
	s.keep(record)
	if code != codes.OK {
		return status.Error(code, reason)
	}
	return nil
}

// describe starts the record of a call with all that is not its request.
func (s *service) describe(ctx context.Context, method string) *Record {
	address := ""
	if caller, ok := peer.FromContext(ctx); ok {
		address = caller.Addr.String()
	}
	record := s.recorder.arrive(method, address)
	incoming, _ := metadata.FromIncomingContext(ctx)
	for name, values := range incoming {
		record.Metadata[name] = strings.ReplaceAll(strings.Join(values, ", "), accessToken, "(good)")
	}
	// The address of this side, which is different in each run.
	delete(record.Metadata, ":authority")
	if deadline, ok := ctx.Deadline(); ok {
		record.Deadline = time.Until(deadline).Round(time.Second).Milliseconds()
	}
	return record
}

func milliseconds(count int64) *durationpb.Duration {
	return durationpb.New(time.Duration(count) * time.Millisecond)
}

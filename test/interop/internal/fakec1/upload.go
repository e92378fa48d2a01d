package fakec1

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	batonv1 "github.com/conductorone/baton-sdk/pb/c1/connectorapi/baton/v1"
	"google.golang.org/grpc"
)

type uploadStream = grpc.ClientStreamingServer[batonv1.BatonServiceUploadAssetRequest, batonv1.BatonServiceUploadAssetResponse]

// upload is what came over one stream.
type upload struct {
	taskID     string
	parts      []any
	content    bytes.Buffer
	isComplete bool
	violations []string
}

func (s *service) UploadAsset(stream uploadStream) error {
	record := s.describe(stream.Context(), "UploadAsset")
	received, err := receiveUpload(stream)
	if err != nil {
		return err
	}
	record.Request = received.parts
	record.Violations = append(record.Violations, received.violations...)
	if received.isComplete {
		record.File = filepath.Join(s.directory, fmt.Sprintf("%s-%d", received.taskID, record.At))
		if err := os.WriteFile(record.File, received.content.Bytes(), 0o600); err != nil {
			return err
		}
	}
	if err := s.settle(record, s.script.note(record.Method, received.taskID), received.taskID); err != nil {
		return err
	}
	return stream.SendAndClose(&batonv1.BatonServiceUploadAssetResponse{})
}

func receiveUpload(stream uploadStream) (*upload, error) {
	received := &upload{}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			if !received.isComplete {
				received.complain("the upload has no end")
			}
			return received, nil
		}
		if err != nil {
			return nil, err
		}
		received.add(part)
	}
}

func (u *upload) add(part *batonv1.BatonServiceUploadAssetRequest) {
	if err := part.ValidateAll(); err != nil {
		u.complain(err.Error())
	}
	if u.isComplete {
		u.complain("a part comes after the end")
	}
	if part.HasMetadata() != (len(u.parts) == 0) {
		u.complain("the metadata is not the first part, and that only")
	}
	switch {
	case part.HasMetadata():
		u.taskID = part.GetMetadata().GetTaskId()
		u.parts = append(u.parts, toJSON(part))
	case part.HasData():
		data := part.GetData().GetData()
		u.content.Write(data)
		u.parts = append(u.parts, map[string]int{"data": len(data)})
	case part.HasEof():
		u.isComplete = true
		sum := sha256.Sum256(u.content.Bytes())
		isRight := bytes.Equal(sum[:], part.GetEof().GetSha256Checksum())
		if !isRight {
			u.complain("the checksum is wrong")
		}
		u.parts = append(u.parts, map[string]any{"eof": map[string]any{
			"isChecksumRight": isRight,
			"annotations":     len(part.GetEof().GetAnnotations()),
		}})
	}
}

func (u *upload) complain(problem string) {
	u.violations = append(u.violations, problem)
}

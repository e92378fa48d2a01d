// Package fakec1 plays C1 for one connector in service mode: it issues tokens, hands out the tasks of a scenario one
// after the other and writes down every message it gets. Messages and the rules for them are those of the SDK.
package fakec1

import (
	"encoding/json"
	"fmt"
	"os"

	batonv1 "github.com/conductorone/baton-sdk/pb/c1/connectorapi/baton/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Scenario says what C1 does. Durations are in milliseconds.
type Scenario struct {
	NextPoll      int64   `json:"nextPollMs"`
	NextHeartbeat int64   `json:"nextHeartbeatMs"`
	Steps         []*Step `json:"steps"`
}

// Step is one task from being handed out to being reported, or a while without a task.
type Step struct {
	Name string `json:"name"`
	// Task in the JSON form of protobuf, without id; a step without a task ends after a number of answered polls.
	Task json.RawMessage `json:"task"`
	// RawTask is a task in the wire form of protobuf, for what the JSON form cannot say.
	RawTask []byte `json:"rawTask"`
	Polls   int    `json:"polls"`
	// Patience ends a step whose task is never reported.
	Patience int64 `json:"patienceMs"`
	// CancelAt is the number of the heartbeat that is told that the task is canceled.
	CancelAt int     `json:"cancelAtHeartbeat"`
	Faults   []Fault `json:"faults"`

	task *batonv1.Task
}

// Fault makes calls of a method fail while its step runs: after the first Skip calls, so many Times. For the method "Token" the code is an HTTP status.
type Fault struct {
	Method string `json:"method"`
	Code   uint32 `json:"code"`
	Skip   int    `json:"skip"`
	Times  int    `json:"times"`
}

// ReadScenario reads a scenario from a file and gives its tasks ids.
func ReadScenario(path string) (*Scenario, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	scenario := &Scenario{}
	if err := json.Unmarshal(text, scenario); err != nil {
		return nil, fmt.Errorf("%s is no scenario: %w", path, err)
	}
	for index, step := range scenario.Steps {
		if err := step.prepare(index); err != nil {
			return nil, fmt.Errorf("task of the step %q: %w", step.Name, err)
		}
	}
	return scenario, nil
}

func (s *Step) prepare(index int) error {
	if s.Task == nil && s.RawTask == nil {
		return nil
	}
	s.task = &batonv1.Task{}
	if s.RawTask != nil {
		if err := proto.Unmarshal(s.RawTask, s.task); err != nil {
			return err
		}
	} else if err := protojson.Unmarshal(s.Task, s.task); err != nil {
		return err
	}
	s.task.SetId(fmt.Sprintf("task%023d", index))
	return nil
}

// takeFault says whether the next call of a method is to fail.
func (s *Step) takeFault(method string) (uint32, bool) {
	for index := range s.Faults {
		fault := &s.Faults[index]
		if fault.Method != method || fault.Times == 0 {
			continue
		}
		if fault.Skip > 0 {
			fault.Skip--
			continue
		}
		fault.Times--
		return fault.Code, true
	}
	return 0, false
}

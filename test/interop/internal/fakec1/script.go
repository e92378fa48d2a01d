package fakec1

import (
	"sync"
	"time"

	batonv1 "github.com/conductorone/baton-sdk/pb/c1/connectorapi/baton/v1"
	"google.golang.org/grpc/codes"
)

// settling is how long messages still belong to a step that is over.
const settling = 60 * time.Millisecond

// afterwards is the step of what comes when the scenario is over.
const afterwards = "afterwards"

// script leads through the steps of a scenario.
type script struct {
	mutex      sync.Mutex
	steps      []*Step
	current    int
	handedOut  bool
	isOver     bool
	polls      int
	heartbeats int
	onEnd      func()
}

// note finds the step of a call that belongs to a task, or to no task, and whether the call is to fail.
func (s *script) note(method, taskID string) (string, codes.Code, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	step := s.find(taskID)
	if step == nil {
		return afterwards, codes.OK, false
	}
	code, fails := step.takeFault(method)
	return step.Name, code, fails
}

func (s *script) find(taskID string) *Step {
	if taskID != "" {
		for _, step := range s.steps {
			if step.task.GetId() == taskID {
				return step
			}
		}
	}
	if s.current < len(s.steps) {
		return s.steps[s.current]
	}
	return nil
}

// poll gives the task to hand out, if it is time for one.
func (s *script) poll() *batonv1.Task {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.current == len(s.steps) || s.isOver {
		return nil
	}
	step := s.steps[s.current]
	if step.task == nil {
		s.polls++
		if s.polls >= step.Polls {
			s.end()
		}
		return nil
	}
	if s.handedOut {
		return nil
	}
	s.handedOut = true
	if step.Patience > 0 {
		time.AfterFunc(time.Duration(step.Patience)*time.Millisecond, func() { s.finish(step.task.GetId()) })
	}
	return step.task
}

// heartbeat says whether the task is canceled.
func (s *script) heartbeat(taskID string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	step := s.find(taskID)
	if step == nil || step.CancelAt == 0 {
		return false
	}
	s.heartbeats++
	return s.heartbeats >= step.CancelAt
}

// finish ends the step of a task.
func (s *script) finish(taskID string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.current < len(s.steps) && s.steps[s.current].task.GetId() == taskID && !s.isOver {
		s.end()
	}
}

func (s *script) end() {
	s.isOver = true
	time.AfterFunc(settling, func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.current++
		s.isOver, s.handedOut, s.polls, s.heartbeats = false, false, 0, 0
		if s.current == len(s.steps) {
			s.onEnd()
		}
	})
}

func (s *script) isKnown(taskID string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	step := s.find(taskID)
	return step != nil && step.task.GetId() == taskID
}

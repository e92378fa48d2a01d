package fakec1

import (
	"sync"
	"time"

	batonv1 "github.com/conductorone/baton-sdk/pb/c1/connectorapi/baton/v1"
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

// place says where in the scenario a call belongs, and with what it is to fail, if at all.
type place struct {
	step  string
	fault uint32
	fails bool
}

// note finds the place of a call that belongs to a task, or to no task.
func (s *script) note(method, taskID string) place {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	step := s.find(taskID)
	if step == nil {
		return place{step: afterwards}
	}
	fault, fails := step.takeFault(method)
	return place{step.Name, fault, fails}
}

// notePoll does the same for a poll, and gives the task to hand out, if it is time for one.
func (s *script) notePoll() (place, *batonv1.Task) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	step := s.find("")
	if step == nil {
		return place{step: afterwards}, nil
	}
	fault, fails := step.takeFault("GetTask")
	if fails {
		return place{step.Name, fault, true}, nil
	}
	return place{step: step.Name}, s.next(step)
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

// next gives the task of a step, once.
func (s *script) next(step *Step) *batonv1.Task {
	if s.isOver || s.handedOut {
		return nil
	}
	if step.task == nil {
		s.polls++
		if s.polls >= step.Polls {
			s.end()
		}
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

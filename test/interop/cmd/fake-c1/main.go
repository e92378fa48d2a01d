// fake-c1 plays C1 for one connector in service mode, with the messages and rules of the SDK.
//
// Arguments: the file with the scenario, and a directory. There it puts access.json, which says how a connector gets
// here, the certificate to believe, conversation.jsonl with everything that was said, and the files that were
// uploaded. On standard error it says "ready" and, when the last step is over, "over"; it goes on until it is killed.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"baton-codecov/interop/internal/fakec1"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: fake-c1 SCENARIO DIRECTORY")
		os.Exit(2)
	}
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(scenarioPath, directory string) error {
	scenario, err := fakec1.ReadScenario(scenarioPath)
	if err != nil {
		return err
	}
	credentials, err := fakec1.NewCredentials()
	if err != nil {
		return err
	}
	conversation, err := os.Create(filepath.Join(directory, "conversation.jsonl"))
	if err != nil {
		return err
	}
	recorder := fakec1.NewRecorder(conversation)
	server, err := fakec1.Start(scenario, credentials, recorder, directory, func() { say("over") })
	if err != nil {
		return err
	}
	access, err := json.Marshal(struct {
		*fakec1.Credentials
		Address string `json:"address"`
	}{credentials, server.Address()})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(directory, "access.json"), access, 0o600); err != nil {
		return err
	}
	say("ready")
	select {}
}

func say(word string) {
	fmt.Fprintln(os.Stderr, word)
}

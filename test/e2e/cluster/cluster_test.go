package cluster

import (
	"os"
	"testing"
)

func TestStopEndsProgramsAndLeavesOnlyLogs(t *testing.T) {
	dir := t.TempDir()
	c := &Cluster{layout: layout{dir}}
	if err := c.layout.prepare("https://127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	process, err := c.Run(t.Context(), shell(t.TempDir(), "", "exec sleep 600"))
	if err != nil {
		t.Fatal(err)
	}
	ended := process.current.ended
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
	select {
	case <-ended:
	default:
		t.Error("the program still runs")
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 || left[0].Name() != "logs" {
		t.Errorf("what is left is %v, want only the logs", left)
	}
	if _, err := os.Stat(process.Log()); err != nil {
		t.Error(err)
	}
}

func TestStopTellsWhatHadEndedByItself(t *testing.T) {
	c := &Cluster{layout: layout{t.TempDir()}}
	if err := os.Mkdir(c.Logs(), 0o700); err != nil {
		t.Fatal(err)
	}
	c.Scheduler = newProcess(Program{Name: "kube-scheduler", Path: "/bin/sh", Args: []string{"-c", "exit 6"}}, c.Logs())
	if err := c.Scheduler.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-c.Scheduler.current.ended
	checkError(t, c.Stop(), "kube-scheduler had ended by itself (exit status 6)")
}

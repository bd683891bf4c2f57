package dev.tailtap.rig;

import dev.tailtap.log.ProcessLog;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;

/** What tests log looks as in a relay. */
public final class TestLog implements TestExecutionListener {
  @Override
  public void testPlanExecutionStarted(TestPlan plan) {
    ProcessLog.install(System.err);
  }
}

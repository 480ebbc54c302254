/**
 * What is shown to whoever has not said the token.
 */

import { useState } from 'preact/hooks';
import { unlock } from '../server.ts';
import { connection } from '../store.ts';

export function Locked() {
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState('');
  const submit = (event: Event): void => {
    event.preventDefault();
    unlock(token).then(
      (isRight) => {
        if (isRight) connection.value = 'connecting';
        else setProblem('That is not the token of this dashboard.');
      },
      (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
    );
  };
  return (
    <main class="locked">
      <form class="card" onSubmit={submit}>
        <h1>
          <img src="./icon.svg" alt="" width="28" height="28" /> Heddle
        </h1>
        <label for="token">The token, as the settings of its server say it</label>
        <input
          id="token"
          type="password"
          autocomplete="current-password"
          required
          value={token}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
        <button type="submit" class="primary">
          Open
        </button>
        <p class="problem" role="alert">
          {problem}
        </p>
      </form>
    </main>
  );
}

import { describe, expect, it, vi } from 'vitest';
import { ProblemError, sentence } from '../src/problem';
import { blank, Submission } from '../src/submission.svelte';

vi.stubGlobal('document', { querySelector: () => null });

function refusing(errors: Record<string, string>): () => Promise<void> {
  const problem = { type: '/problems/refused', title: 'Refused', status: 422, errors };
  return () => Promise.reject(new ProblemError(problem));
}

describe('sending a form', () => {
  it('is not sent while something is missing, and says so beside the field', async () => {
    const submission = new Submission(['name']);
    const work = vi.fn(() => Promise.resolve());
    expect(await submission.run(work, { name: blank('  ', 'Give it a name.') })).toBe(false);
    expect(work).not.toHaveBeenCalled();
    expect(submission.errors).toEqual({ name: 'Give it a name.' });
  });

  it('puts words beside the fields that the server names, also those that it names by a path', async () => {
    const submission = new Submission(['name', 'redirect_uris']);
    await submission.run(
      refusing({ name: '`x` is taken', 'settings.oauthClient.redirect_uris[0]': 'must be whole' }),
    );
    expect(submission.errors).toEqual({ name: '“x” is taken.', redirect_uris: 'Must be whole.' });
    expect(submission.problem).toBeUndefined();
  });

  it('shows as a problem of the whole form what belongs to no field of it', async () => {
    const submission = new Submission(['name']);
    await submission.run(refusing({ name: 'taken', '': 'the org is full' }));
    expect(submission.errors).toEqual({ name: 'Taken.' });
    expect(submission.problem?.errors).toEqual({ '': 'the org is full' });
  });

  it('can be sent again after it failed, and says nothing against a field that was edited', async () => {
    const submission = new Submission(['name']);
    await submission.run(refusing({ name: 'taken' }));
    submission.edited('name');
    expect(submission.errors).toEqual({});
    expect(await submission.run(() => Promise.resolve())).toBe(true);
    expect(submission.busy).toBe(false);
  });

  it('is sent once, however often one presses', async () => {
    const submission = new Submission([]);
    let finish = (): void => undefined;
    const first = submission.run(() => new Promise<void>((resolve) => (finish = resolve)));
    expect(await submission.run(() => Promise.resolve())).toBe(false);
    finish();
    expect(await first).toBe(true);
  });
});

describe('the words of a server', () => {
  it('become a sentence, and stay one', () => {
    expect(sentence('`name` must not be empty')).toBe('“name” must not be empty.');
    expect(sentence('Fill this in.')).toBe('Fill this in.');
    expect(sentence('e-mail is missing')).toBe('E-mail is missing.');
    expect(sentence('http://localhost:8081 answers')).toBe('http://localhost:8081 answers.');
    expect(sentence('olga@demo.example may read')).toBe('olga@demo.example may read.');
  });
});

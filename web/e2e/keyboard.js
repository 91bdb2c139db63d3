// A person without a mouse: keys alone, who looks after each of them where the focus is.
import assert from 'node:assert/strict';

/** More stops than any page of ours has from its top to its end. */
const STOPS_MAX = 120;

/** Fails unless what has the focus is seen, and seen to have it: a ring of its own, or one around it. */
export async function focusIsSeen(page, where) {
  const wrong = await page.evaluate(() => {
    const focused = document.activeElement;
    if (!focused || focused === document.body) return 'nothing has the focus';
    const name = `${focused.tagName.toLowerCase()} “${(focused.getAttribute('aria-label') ?? focused.textContent ?? '').trim().slice(0, 60)}”`;
    const ringed = (element) => {
      const style = element && getComputedStyle(element);
      return (
        style &&
        ((style.outlineStyle !== 'none' && style.outlineWidth !== '0px') || style.boxShadow !== 'none')
      );
    };
    // A grid keeps the focus and shows it on the cell that is told by aria-activedescendant.
    const cell = document.getElementById(focused.getAttribute('aria-activedescendant') ?? '');
    const seen = cell ?? focused;
    const box = seen.getBoundingClientRect();
    if (box.width < 1 || box.height < 1) return `${name} has no size`;
    if (box.bottom < 0 || box.top > innerHeight || box.right < 0 || box.left > innerWidth)
      return `${name} is out of sight`;
    const around = [seen, focused, focused.parentElement, focused.nextElementSibling];
    return around.some(ringed) ? '' : `${name} shows no focus`;
  });
  assert.equal(wrong, '', where);
}

/** Goes from stop to stop until the one that is meant has the focus; each stop on the way must be seen. */
export async function tabTo(page, target, { back = false } = {}) {
  await target.waitFor();
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
    // Past the last stop the browser's own bar has the focus, which a test cannot see.
    const inPage = await page.evaluate(() => document.activeElement !== document.body);
    if (inPage) await focusIsSeen(page, `on the way to ${target}`);
  }
  assert.fail(`${target} cannot be reached by Tab`);
}

export async function press(page, target) {
  await tabTo(page, target);
  await page.keyboard.press('Enter');
}

/** After a dialog the focus is where it was before. */
export async function focusIsOn(page, target, where) {
  await target.evaluate(async (element) => {
    for (let frame = 0; frame < 60 && element !== document.activeElement; frame += 1)
      await new Promise(requestAnimationFrame);
  });
  const there = await target.evaluate((element) => element === document.activeElement);
  assert.ok(there, `${where}: the focus returns to ${target}`);
  await focusIsSeen(page, where);
}

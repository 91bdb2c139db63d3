// Signs the demo's people in, one after the other, and prints how many sign-ins that were.
import { Session, people } from './session.mjs';

const ROUNDS = 3;

const portal = process.argv[2];
const everybody = people();
let signIns = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  for (const person of everybody) {
    await new Session(portal).signIn(person);
    signIns += 1;
  }
}
console.log(`sign_ins ${signIns}`);

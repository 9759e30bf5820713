/** The page: renders the app, and opens the broker. */

import { render } from 'preact'
import './styles/tokens.css'
import './styles/base.css'
import './styles/layout.css'
import { App } from './app'
import { open } from './broker/connection'

const root = document.getElementById('app')
if (root) render(<App />, root)
void open('idb')

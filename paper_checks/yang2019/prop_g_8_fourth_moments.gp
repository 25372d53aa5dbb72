# The entry off the diagonal of $\mathbb E\,\psi(y)\,\|y\|^2\,\psi(y)^T$ for two samples of variance 1 against their correlation: by quadrature (red), as the right side
# of the proposition (black), and the right side's first term alone (grey).
set title "Fourth moments of two samples, ψ = ".setting("psi") noenhanced
set xlabel "correlation of y_1 and y_2"
set ylabel "E ψ(y_1) ψ(y_2) ‖y‖²"
set xrange [-1:1]
plot table using "rho":"trace_term" with lines linestyle 8 title "first term", \
     "" using "rho":"right" smooth csplines with lines linestyle 1 title "right side", \
     "" using "rho":"left" with points linestyle 2 pointsize 0.8 title "left side"

# The derivative of $\mathsf J_\alpha$ by Cauchy's formula from its defining integral (points), and $\frac{\alpha^2}{2\alpha-1}\mathsf J_{\alpha-1}$ (line).
set title "Derivative of an arc-cosine kernel, α = ".number("alpha")
set xlabel "correlation c"
set ylabel "J_α′(c)"
set xrange [-1:1]
plot table using "c":"lower" with lines linestyle 1 title "α²/(2α−1) J_{α−1}", \
     "" every 2 using "c":"derivative" with points linestyle 2 title "derivative"

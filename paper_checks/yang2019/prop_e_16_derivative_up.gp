# The derivative of $\mathsf J_\alpha$ by Cauchy's formula from its defining integral (points), and from the kernels of degrees $\alpha$ and $\alpha+1$ (line).
set title "Derivative from the next kernel, α = ".number("alpha")
set xlabel "correlation c"
set ylabel "J_α′(c)"
set xrange [-1:1]
plot table using "c":"printed" with lines linestyle 1 title "(2α+1)(J_{α+1} − c J_α)/(1−c²)", \
     "" every 2 using "c":"derivative" with points linestyle 2 title "derivative"
